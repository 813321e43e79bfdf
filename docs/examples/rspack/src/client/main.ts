import { downloads_files, downloads_link_minutes, site_name } from '@systemprompt/env/public'

const title = document.createElement('h1')
title.textContent = site_name

const buttons = downloads_files.map((file) => {
  const line = document.createElement('p')
  const button = document.createElement('button')
  button.textContent = file
  button.onclick = async () => {
    const response = await fetch(`/api/link?file=${file}`)
    const link = document.createElement('a')
    link.href = (await response.json()).url
    link.textContent = `good for ${downloads_link_minutes} minutes`
    line.append(' ', link)
  }
  line.append(button)
  return line
})

const footer = document.createElement('footer')
footer.textContent = import.meta.env.PUBLIC_SUPPORT_EMAIL

document.body.append(title, ...buttons, footer)
