export declare const programFlags: ReadonlyArray<string>
