/** Loaded before the program: its clock is wrong by DRILL_CLOCK_MS. */
const shiftMs = Number(process.env.DRILL_CLOCK_MS ?? "0")
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + shiftMs)
    else super(...given)
  }

  static now() {
    return RealDate.now() + shiftMs
  }
}
