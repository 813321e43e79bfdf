/** SystemPrompt Cloud, where nothing names another service. */
export const DEFAULT_API_URL = 'https://api.systemprompt.io'

/** What to do where nobody is logged in. */
export const LOG_IN = "Run 'systemprompt cloud auth login'"
