/**
 * The part of uWebSockets.js that is used here, as both builds have it. The declarations that come with the package differ between them and
 * cannot be resolved from a module; these say what may be relied on.
 */

/** Only valid inside the callback that receives it. */
export interface UwsRequest {
  getMethod(): string
  getCaseSensitiveMethod(): string
  /** The path; an empty string when the target does not begin with a slash. */
  getUrl(): string
  /** What follows the question mark, or an empty string. */
  getQuery(): string | undefined
  /** Empty when absent. */
  getHeader(lowerCaseName: string): string
  forEach(callback: (name: string, value: string) => void): void
}

/** Every method throws after the answer has ended or was aborted. */
export interface UwsResponse {
  writeStatus(status: string): UwsResponse
  writeHeader(name: string, value: string | Uint8Array): UwsResponse
  /** False: the kernel took less; the rest is kept, write no more until `onWritable`. An empty chunk does nothing. */
  write(chunk: string | Uint8Array): boolean
  end(body?: string | Uint8Array, closeConnection?: boolean): UwsResponse
  /** 20.51 aborts the process when this is given a length. */
  endWithoutBody(): UwsResponse
  /** Calls the abort handler, if there is one. */
  close(): UwsResponse
  onWritable(callback: (offset: number) => boolean): UwsResponse
  onAborted(callback: () => void): UwsResponse
  /** The buffer is emptied when the callback returns. */
  onData(callback: (chunk: ArrayBuffer, isLast: boolean) => void): UwsResponse
  getRemoteAddressAsText(): ArrayBuffer
  cork(callback: () => void): UwsResponse
  upgrade<Data>(data: Data, key: string, protocol: string, extensions: string, context: UwsSocketContext): void
}

export interface UwsSocketContext {
  readonly "~uws/SocketContext": never
}
export interface UwsListenSocket {
  readonly "~uws/ListenSocket": never
}

/** Every method throws after `close`. */
export interface UwsWebSocket<Data> {
  send(message: string | Uint8Array, isBinary?: boolean, compress?: boolean): number
  getBufferedAmount(): number
  end(code?: number, reason?: string): void
  close(): void
  cork(callback: () => void): unknown
  getUserData(): Data
}

export interface UwsWebSocketBehavior<Data> {
  readonly maxPayloadLength: number
  readonly maxBackpressure: number
  readonly closeOnBackpressureLimit: boolean
  /** 8 to 960, or the process aborts. */
  readonly idleTimeout: number
  readonly sendPingsAutomatically: boolean
  readonly compression: number
  readonly upgrade: (response: UwsResponse, request: UwsRequest, context: UwsSocketContext) => void
  readonly open: (socket: UwsWebSocket<Data>) => void
  readonly message: (socket: UwsWebSocket<Data>, message: ArrayBuffer, isBinary: boolean) => void
  readonly drain: (socket: UwsWebSocket<Data>) => void
  readonly close: (socket: UwsWebSocket<Data>, code: number, message: ArrayBuffer) => void
}

export interface UwsApp {
  get(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp
  ws<Data>(pattern: string, behavior: UwsWebSocketBehavior<Data>): UwsApp
  /** +1 for each connection, −1 for each that ends as HTTP; never −1 for one that became a WebSocket. */
  filter(callback: (response: UwsResponse, change: number) => void): UwsApp
  listen(host: string, port: number, options: number, callback: (socket: UwsListenSocket | false) => void): UwsApp
  /** Ends every connection at once. */
  close(): UwsApp
}

export interface UwsModule {
  readonly App: () => UwsApp
  readonly us_listen_socket_close: (socket: UwsListenSocket) => void
  readonly us_socket_local_port: (socket: UwsListenSocket) => number
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number
  readonly DISABLED: number
}
