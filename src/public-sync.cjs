/** The public values for `require`, which cannot wait: `systemprompt.config.*` is not read. CommonJS, for Jest's sake. */
module.exports = require('./node.cjs').loadConfigSync().publicValues()
