/** What the app may do: load nothing foreign, run no script that is not a file of its own, talk to nobody but us, and be framed by nobody. */
export const appPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  // Styles that depend on something are set as properties, by script. No attribute and no element of markup has any.
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "media-src 'self' blob:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // No markup and no script is made from text, but for the one that the app registers as its worker.
  "require-trusted-types-for 'script'",
  "trusted-types parley"
].join("; ")

/** Of the frame that draws diagrams: an origin that is nobody's, which reaches neither the app nor the network. */
export const framePolicy = [
  "sandbox allow-scripts",
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'"
].join("; ")

/** On every file of the app. The microphone is for speaking to it. */
export const appHeaders = {
  "content-security-policy": appPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"
}
