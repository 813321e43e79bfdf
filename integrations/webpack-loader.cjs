/**
 * What webpack sends modules through: it names loaders by their file, and this one does what its options hold. It is
 * also the file that the modules of the plugin's own making are said to lie in.
 */
module.exports = function loader(source, map) {
  const callback = this.async()
  this.getOptions()
    .run(this, source, map)
    .then(([code, codeMap]) => callback(null, code, codeMap), callback)
}
