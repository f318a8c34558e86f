/**
 * What the app is measured beside. No whole React chat app that runs in a browser is on npm; this is assistant-ui's kit as its documentation
 * puts it together: a thread, Markdown with tables, a highlighter, copy and reload, on an OpenAI-compatible server.
 */
import {
  ActionBarPrimitive,
  AssistantRuntimeProvider,
  ComposerPrimitive,
  MessagePrimitive,
  ThreadPrimitive,
  useLocalRuntime
} from "@assistant-ui/react"
import { MarkdownTextPrimitive } from "@assistant-ui/react-markdown"
import { makePrismAsyncLightSyntaxHighlighter } from "@assistant-ui/react-syntax-highlighter"
import { createRoot } from "react-dom/client"
import { PrismAsyncLight } from "react-syntax-highlighter"
import typescript from "react-syntax-highlighter/dist/esm/languages/prism/typescript"
import remarkGfm from "remark-gfm"
import { answer } from "./answer.ts"
import "./page.css"

PrismAsyncLight.registerLanguage("ts", typescript)
const remarkPlugins = [remarkGfm]
const components = { SyntaxHighlighter: makePrismAsyncLightSyntaxHighlighter({}) }

const Text = () => <MarkdownTextPrimitive className="markdown" remarkPlugins={remarkPlugins} components={components} />

const UserMessage = () => (
  <MessagePrimitive.Root className="said">
    <MessagePrimitive.Parts />
  </MessagePrimitive.Root>
)

const AssistantMessage = () => (
  <MessagePrimitive.Root className="answer">
    <MessagePrimitive.Parts components={{ Text }} />
    <ActionBarPrimitive.Root hideWhenRunning>
      <ActionBarPrimitive.Copy>Copy</ActionBarPrimitive.Copy>
      <ActionBarPrimitive.Reload aria-label="Answer again">Reload</ActionBarPrimitive.Reload>
    </ActionBarPrimitive.Root>
  </MessagePrimitive.Root>
)

const Page = () => (
  <AssistantRuntimeProvider runtime={useLocalRuntime({ run: answer })}>
    <ThreadPrimitive.Root className="thread">
      <ThreadPrimitive.Viewport className="viewport">
        <ThreadPrimitive.Messages components={{ UserMessage, AssistantMessage }} />
      </ThreadPrimitive.Viewport>
      <ComposerPrimitive.Root className="composer">
        <ComposerPrimitive.Input aria-label="Message" />
        <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
      </ComposerPrimitive.Root>
    </ThreadPrimitive.Root>
  </AssistantRuntimeProvider>
)

const root = document.getElementById("root")
if (root !== null) createRoot(root).render(<Page />)
