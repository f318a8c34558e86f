export const ThreadSkeleton = () => (
  <div className="thread">
    <div className="thread-column thread-skeleton" aria-hidden>
      <span className="skeleton" data-own />
      <span className="skeleton" />
      <span className="skeleton" />
      <span className="skeleton" />
    </div>
  </div>
)
