/** Runs in a page: every text in it, with its contrast to its background. */
export function contrasts() {
  const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color) => {
    const [red = 0, green = 0, blue = 0] = channels(color)
      .slice(0, 3)
      .map((channel) => channel / 255)
      .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at)
      if ((channels(backgroundColor)[3] ?? 1) > 0) return backgroundColor
    }
    return 'rgb(255, 255, 255)'
  }
  const isText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && (node.textContent ?? '').trim() !== '')
  return [...document.querySelectorAll('body *')].filter(isText).map((element) => {
    const [one, other] = [getComputedStyle(element).color, behind(element)].map(luminance)
    const [high = 0, low = 0] = [one ?? 0, other ?? 0].sort((a, b) => b - a)
    return [(element.textContent ?? '').trim().slice(0, 40), (high + 0.05) / (low + 0.05)]
  })
}
