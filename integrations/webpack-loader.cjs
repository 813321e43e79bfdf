/** What webpack sends modules through: it names loaders by their file, and this one does what its options hold. */
module.exports = function loader(source, map) {
  const callback = this.async()
  this.getOptions()
    .run(this, source, map)
    .then(([code, codeMap]) => callback(null, code, codeMap), callback)
}
