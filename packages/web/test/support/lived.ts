/** A server on which somebody has been at work for a while: there is something on every screen of the app. */
import { Attachment } from "@parley/domain/Attachments"
import { Accepted } from "@parley/domain/ConversationCommand"
import { Context, Effect, Layer, Schema } from "effect"
import type { Browser, BrowserContext } from "playwright-core"
import { createConversation, request } from "../../../cli/test/e2e/support/api.ts"
import type { Parley } from "../../../cli/test/e2e/support/startParley.ts"
import { startRouted } from "../../../cli/test/e2e/support/startRouted.ts"
import { answer, httpError, type WireServer } from "../../../providers/test/wire/WireServer.ts"
import { makePdf } from "../../../runtime/test/attachments/support/makePdf.ts"
import { launchBrowser, openPage, say as sayIn, signIn, withoutWorker, type OpenPage } from "./openApp.ts"
import { issued } from "./issued.ts"

const rich = [
  "## What it is\n\nA **bold** claim with `code`, ~~one that is withdrawn~~ and [a link](https://example.com).\n\n",
  "1. One\n2. Two\n   - Nested\n\n- [x] Done\n- [ ] Open\n\n> Quoted\n\n",
  "```ts\nconst greet = (name: string) => `Hello ${name}` // kindly, and in a line that is longer than any phone is wide, so that it must be scrolled\n```\n\n",
  "| Model | Price | What it is good for | Where it runs |\n|---|--:|---|---|\n| a | 1.25 | Long texts that want patience | Anywhere |\n\n",
  "$$e^{i\\pi} + 1 = 0$$\n\n$$\\left\\{\\begin{matrix}a\\\\b\\\\c\\\\d\\\\e\\\\f\\\\g\\\\h\\end{matrix}\\right| \\vec{x}\\,\\boxed{y}\\,\\pmb{z}\\,\\sqrt{w}$$\n\n",
  "```mermaid\ngraph LR\n  Question --> Model --> Answer\n```\n"
]

const longTitle =
  "A conversation whose title is longer than any list or bar is wide, with one very-long-compound-word-that-does-not-break"

export interface Lived {
  readonly parley: Parley
  readonly browser: Browser
  readonly one: WireServer
  readonly two: WireServer
  /** Paths of conversations, and whole addresses of links. */
  readonly places: Readonly<
    Record<
      "rich" | "ends" | "failed" | "files" | "room" | "hebrew" | "shared" | "noShare" | "invitation" | "noInvitation",
      string
    >
  >
  /** Of one who is signed in. */
  readonly storageState: Awaited<ReturnType<BrowserContext["storageState"]>>
  /** Who sits in the room. */
  readonly guest: OpenPage
}

export class Home extends Context.Service<Home, Lived>()("@parley/web/test/Home") {
  static readonly layer = Layer.effect(
    Home,
    Effect.gen(function* () {
      const prices = {
        "one/first": { contextTokens: 128_000, price: { input: 1, output: 10 } },
        "two/second": { price: { input: 1_000, output: 10_000 } }
      }
      const { one, parley, two } = yield* startRouted({ one: "first", two: "second" }, { models: prices })
      const browser = yield* launchBrowser
      const titles = ["Of otters", longTitle, "Pinned and kept in mind", "In a folder", "Put away"] as const
      const made = new Map<string, string>()
      for (const title of titles) made.set(title, (yield* createConversation(parley, { title, model: "best" })).id)
      const id = (title: (typeof titles)[number]) => made.get(title) ?? ""
      const folder = yield* request(parley, "POST", "/api/folders", { name: "Work in progress" })
      yield* request(parley, "POST", "/api/folders", { name: "An empty one" })
      const folderId: unknown = Reflect.get(Object(folder.body), "id")
      const marks = [
        ["Pinned and kept in mind", { isPinned: true }],
        ["In a folder", { folderId }],
        ["Put away", { isArchived: true }]
      ] as const
      for (const [title, mark] of marks) yield* request(parley, "PATCH", `/api/conversations/${id(title)}/marks`, mark)
      for (const [kind, name, text] of [
        ["prompt", "Summary", "Summarise this in three points, each of them no longer than a sentence:"],
        ["prompt", "Proofread", "Correct spelling and grammar, and nothing else."],
        ["preset", "Patient teacher", "Explain as to a curious twelve-year-old."]
      ]) {
        yield* request(parley, "POST", "/api/prompts", { kind, name, text, isShared: true })
      }
      /** Asks the model of a conversation, and waits until it has answered. */
      const asked = Effect.fnUntraced(function* (path: string, body: object) {
        const { run } = yield* sentTo(parley, path, { clientMessageId: crypto.randomUUID(), ...body })
        const [, conversation = ""] = /^\/api\/conversations\/([^/]+)/.exec(path) ?? []
        if (run !== null) yield* endOf(parley, conversation, run.runId)
        return run
      })
      const say = (conversation: string, text: string) =>
        asked(`/api/conversations/${conversation}/messages`, { content: [{ type: "text", text }] })
      const begun = Effect.fnUntraced(function* (text: string) {
        const { id: conversation } = yield* createConversation(parley, { model: "best" })
        return { conversation, run: yield* say(conversation, text) }
      })

      one.enqueue(
        answer(rich, {
          reasoning: "First I think about **it**, at some length.",
          usage: { inputTokens: 1_234, outputTokens: 567 }
        })
      )
      const { conversation: richOne } = yield* begun("Explain it to me, please, with everything that can be shown")

      one.enqueue(answer("alpha beta gamma delta", { cutAfter: 2 }))
      two.enqueue(answer("gamma delta"))
      const { conversation: ends } = yield* begun("Count, please")
      const call = { id: "call_1", name: "look_up_the_weather", arguments: '{"city":"Bern","days":3}' }
      one.enqueue(answer("It rains.", { reasoning: "I should look it up.", toolCalls: [call] }))
      yield* say(
        ends,
        "How is the weather? 🌧️👩‍👩‍👧‍👦 https://example.com/an/address/that/is/longer/than/any/phone/is/wide/by/far?and=more"
      )
      one.enqueue(answer("As far as this", { finish: "length" }))
      yield* say(ends, "Go on")

      one.enqueue(answer("The first."), answer("The second."))
      const { conversation: failed, run: first } = yield* begun("Twice")
      yield* asked(`/api/conversations/${failed}/messages/${first?.messageId}/regenerate`, {})
      for (const wire of [one, two]) wire.enqueue(httpError(400, { error: { message: "no such thing" } }))
      yield* say(failed, "Fail, please")

      const { id: files } = yield* createConversation(parley, { model: "best" })
      const paper = yield* uploaded(
        parley,
        files,
        "A paper with a name that goes on and on for a while.pdf",
        makePdf("the walrus was Paul")
      )
      one.enqueue(answer("A walrus, and a square."))
      yield* asked(`/api/conversations/${files}/messages`, {
        content: [{ type: "text", text: "What do you see?" }, paper, { type: "image", url: `data:image/png;base64,${picture}` }]
      })
      const shared = yield* issued(parley, `/api/conversations/${files}/shares`, {})

      one.enqueue(
        answer(
          "## שלום\n\nזה *טקסט* עם `code` ורשימה:\n\n1. אחד\n2. שתיים\n\n| א | ב |\n|---|---|\n| 1 | 2 |\n\n> ציטוט\n\nAnd an English paragraph."
        )
      )
      const { conversation: hebrew } = yield* begun("מה שלומך היום? ספר לי משהו בבקשה")

      one.enqueue(answer("Good day to you all."))
      const { conversation: room } = yield* begun("Where shall we meet?")
      const invited = yield* issued(parley, `/api/conversations/${room}/invites`, { maxUses: 5 })
      const invitation = `${parley.url}/#invite=${invited}`

      return yield* Effect.promise(async () => {
        const guest = await openPage(browser, withoutWorker)
        await guest.page.goto(invitation)
        await guest.page.getByLabel("Your name").fill("Ada of the long, long name")
        await guest.page.getByRole("button", { name: "Join" }).click()
        await guest.page.getByText("Good day to you all.").waitFor()
        await sayIn(guest.page, "By the river, at ten?")
        await guest.page.getByText("By the river, at ten?").waitFor()

        const { page } = await openPage(browser, withoutWorker)
        const unread = JSON.stringify([id("Pinned and kept in mind"), id("In a folder")])
        await page.addInitScript((marks) => {
          localStorage.setItem("parley.model", "best")
          localStorage.setItem("parley.unread", marks)
        }, unread)
        await signIn(page, parley.url, parley.key)
        await page.getByRole("button", { name: "Model: best" }).waitFor()
        const storageState = await page.context().storageState()
        await page.context().close()
        return {
          storageState,
          parley,
          browser,
          one,
          two,
          guest,
          places: {
            rich: `/c/${richOne}`,
            ends: `/c/${ends}`,
            failed: `/c/${failed}`,
            files: `/c/${files}`,
            room: `/c/${room}`,
            hebrew: `/c/${hebrew}`,
            shared: `${parley.url}/s#${shared}`,
            noShare: `${parley.url}/s#sh_nothing`,
            invitation,
            noInvitation: `${parley.url}/#invite=inv_nothing`
          }
        }
      })
    })
  )
}

const sentTo = (parley: Parley, path: string, body: object) =>
  request(parley, "POST", path, body).pipe(
    Effect.flatMap((sent) => Schema.decodeUnknownEffect(Accepted)(sent.body)),
    Effect.orDie
  )

/** Its events are told until it has ended. */
const endOf = ({ key, url }: Parley, conversation: string, run: string) =>
  Effect.promise(async () => {
    const events = await fetch(`${url}/api/conversations/${conversation}/runs/${run}/events`, {
      headers: { authorization: `Bearer ${key}` }
    })
    await events.text()
  })

/** The part that a message refers to a file by. */
const uploaded = ({ key, url }: Parley, conversation: string, name: string, content: Uint8Array<ArrayBuffer>) =>
  Effect.promise(async () => {
    const stored = await fetch(`${url}/api/conversations/${conversation}/attachments?name=${encodeURIComponent(name)}`, {
      method: "POST",
      body: content,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/octet-stream" }
    })
    const { bytes, contentType, id } = Schema.decodeUnknownSync(Attachment)(await stored.json())
    return { type: "file", attachmentId: id, name, contentType, bytes }
  })

/** A square. */
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGNgaPiPHTHQVwK7KBAAAJdgX6F5yOVtAAAAAElFTkSuQmCC"
