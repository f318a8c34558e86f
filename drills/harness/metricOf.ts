import type { Site } from "./Site.ts"

/** The sum of a metric's series at all gateways that are open; 0 when it is not there. */
export const metricOf = async (site: Site, name: string, label = ""): Promise<number> => {
  let sum = 0
  for (const { url } of site.openGateways) {
    const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${site.key}` } })
    for (const line of (await response.text()).split("\n")) {
      const found = /^(\w+)(\{[^}]*\})? ([\d.e+-]+)/.exec(line)
      if (found?.[1] === name && (found[2] ?? "").includes(label)) sum += Number(found[3])
    }
  }
  return sum
}
