/** How long after a cut the switch was told, and how long after it the next target's first word. */
import { Histogram } from "../harness/Statistics.ts"

export class CutTimes {
  readonly switched = new Histogram()
  readonly spoke = new Histogram()

  result() {
    return {
      type: "result",
      cuts: this.switched.total,
      switchP50Ms: this.switched.percentileMs(50),
      switchP99Ms: this.switched.percentileMs(99),
      spokeP50Ms: this.spoke.percentileMs(50),
      spokeP99Ms: this.spoke.percentileMs(99)
    }
  }
}
