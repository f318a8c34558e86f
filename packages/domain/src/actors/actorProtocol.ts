/**
 * The version of what Parley's processes say to each other: of the actors' messages, and of how frames and cursors travel between them. It rises
 * when a process of the former version could misread the new one; processes of different versions do not talk.
 */
export const actorProtocol = 1
