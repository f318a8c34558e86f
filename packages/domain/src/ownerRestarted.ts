/**
 * The `reason` of a `provider-switch` by which the answer goes on with another owner. A switch from a model to itself need not be one: one that
 * breaks off is asked again.
 */
export const ownerRestarted = "owner restarted"
