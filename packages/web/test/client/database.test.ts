/** The browser's database, where it is closed under a page, refused, or silent. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"

class Asked<A> extends EventTarget {
  result: A | undefined
  error: unknown
  succeed(result: A): void {
    this.result = result
    this.dispatchEvent(new Event("success"))
  }
  fail(error: unknown): void {
    this.error = error
    this.dispatchEvent(new Event("error"))
  }
}

/** Opens when it is told to. Of its two stores it knows how often each was asked. */
class Database extends EventTarget {
  isClosed = false
  asked = 0
  transaction() {
    if (this.isClosed) throw new DOMException("closed", "InvalidStateError")
    const get = () => {
      this.asked++
      const request = new Asked<string>()
      queueMicrotask(() => request.succeed("kept"))
      return request
    }
    return { objectStore: () => ({ get }) }
  }
  /** As a browser does it to a page: told at once, later, or never. */
  close(): void {
    this.isClosed = true
  }
  tellClosed(): void {
    this.dispatchEvent(new Event("close"))
  }
}

const fresh = async (open?: () => Asked<Database>) => {
  const requests: Array<Asked<Database>> = []
  vi.stubGlobal("indexedDB", {
    open: () => {
      const request = open?.() ?? new Asked<Database>()
      requests.push(request)
      return request
    }
  })
  vi.resetModules()
  const { DatabaseSilentError, inStore, whenOpensLate } = await import("../../src/client/database.ts")
  const read = () => inStore<string>("kept", "readonly", (store) => store.get("key"))
  return { DatabaseSilentError, read, requests, whenOpensLate }
}

const opensAtOnce = () => {
  const databases: Array<Database> = []
  const open = () => {
    const request = new Asked<Database>()
    const database = new Database()
    databases.push(database)
    queueMicrotask(() => request.succeed(database))
    return request
  }
  return { databases, open }
}

const openTimeoutMs = 5_000

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe("the database", () => {
  it("is opened once for all that is asked of it", async () => {
    const { databases, open } = opensAtOnce()
    const { read } = await fresh(open)
    expect(await Promise.all([read(), read()])).toEqual(["kept", "kept"])
    expect(databases).toHaveLength(1)
  })

  it.each(["told", "not told"])("is opened again when the browser has closed it: %s", async (told) => {
    const { databases, open } = opensAtOnce()
    const { read } = await fresh(open)
    await read()
    databases[0]?.close()
    if (told === "told") databases[0]?.tellClosed()
    expect(await Promise.all([read(), read()])).toEqual(["kept", "kept"])
    expect(databases).toHaveLength(2)
    // What is told late is of the first one.
    databases[0]?.tellClosed()
    await read()
    expect(databases.map(({ asked }) => asked)).toEqual([1, 3])
  })

  it("is asked for again after it was refused, also where that is thrown", async () => {
    const { databases, open } = opensAtOnce()
    let refusals = 1
    const { read } = await fresh(() => {
      if (refusals-- > 0) throw new DOMException("not here", "SecurityError")
      return open()
    })
    await expect(read()).rejects.toThrow("not here")
    expect(await read()).toBe("kept")
    expect(databases).toHaveLength(1)
  })

  it("is given up where it neither opens nor refuses to: at once from then on, and until it opens", async () => {
    const { DatabaseSilentError, read, requests, whenOpensLate } = await fresh()
    const late = vi.fn()
    whenOpensLate(late)
    const first = expect(read()).rejects.toThrow(DatabaseSilentError)
    await vi.advanceTimersByTimeAsync(openTimeoutMs)
    await first
    await expect(read()).rejects.toThrow(DatabaseSilentError)
    expect(requests).toHaveLength(1)
    expect(late).not.toHaveBeenCalled()
    requests[0]?.succeed(new Database())
    await vi.advanceTimersByTimeAsync(0)
    expect(late).toHaveBeenCalledOnce()
    expect(await read()).toBe("kept")
    expect(requests).toHaveLength(1)
  })
})
