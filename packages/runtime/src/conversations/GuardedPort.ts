/**
 * A follower's port must not throw; one that does is let go of, so that it harms nobody else. A class with methods: every frame of every
 * follower passes here, and each closure of its own would be memory to fetch.
 */
import type { FollowerPort } from "@parley/domain/Conversations"

export class GuardedPort implements FollowerPort {
  readonly acknowledges: boolean
  private readonly port: FollowerPort
  private readonly letGo: () => void

  constructor(port: FollowerPort, letGo: () => void) {
    this.port = port
    this.letGo = letGo
    this.acknowledges = port.acknowledges !== false
  }

  send(frame: string): void {
    try {
      this.port.send(frame)
    } catch {
      this.letGo()
    }
  }

  bufferedBytes(): number {
    try {
      return this.port.bufferedBytes()
    } catch {
      this.letGo()
      return 0
    }
  }

  close(code: number, reason: string): void {
    this.letGo()
    try {
      this.port.close(code, reason)
    } catch {
      // It is gone already.
    }
  }
}
