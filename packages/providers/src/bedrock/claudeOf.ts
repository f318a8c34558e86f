/** The Claude behind one of Bedrock's names, of a model or of an inference profile: `eu.anthropic.claude-sonnet-4-5-20250929-v1:0`. */
export const claudeOf = (model: string): string | undefined =>
  /(?:^|\.)anthropic\.(claude-.+?)(?:-v\d+)?(?::\d+)?$/.exec(model)?.[1]
