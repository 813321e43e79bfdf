/** SystemPrompt Cloud, used unless something names another service. */
export const DEFAULT_API_URL = 'https://api.systemprompt.io'

/** The remedy if there is no login. */
export const LOG_IN = "Run 'systemprompt cloud auth login'"
