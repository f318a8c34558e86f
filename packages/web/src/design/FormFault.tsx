/** Why what stands above it is not saved. */
export const FormFault = ({ id, text }: { readonly id?: string; readonly text: string | undefined }) =>
  text === undefined ? null : (
    <p id={id} className="field-fault" role="alert">
      {text}
    </p>
  )
