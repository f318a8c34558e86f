/** The mark: a speech that is a letter, with two who speak in it. */
export const Logo = ({ size = 28 }: { readonly size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden className="logo">
    <path d="M6 5.5h12.4a8.1 8.1 0 0 1 0 16.2H11V27l-5-5.3z" fill="var(--accent)" />
    <circle cx="13.4" cy="13.6" r="1.9" fill="var(--canvas)" />
    <circle cx="19.4" cy="13.6" r="1.9" fill="var(--signal)" />
  </svg>
)
