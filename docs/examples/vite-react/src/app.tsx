import { downloads_files, downloads_link_minutes, site_name } from '@systemprompt/env/public'
import { useState } from 'react'

export function App() {
  const [links, setLinks] = useState<Record<string, string>>({})

  async function link(file: string) {
    const response = await fetch(`/api/link?file=${file}`)
    const { url } = await response.json()
    setLinks((all) => ({ ...all, [file]: url }))
  }

  return (
    <main>
      <h1>{site_name}</h1>
      {downloads_files.map((file) => (
        <p key={file}>
          <button type="button" onClick={() => link(file)}>
            {file}
          </button>{' '}
          {links[file] && <a href={links[file]}>good for {downloads_link_minutes} minutes</a>}
        </p>
      ))}
      <footer>{import.meta.env.PUBLIC_SUPPORT_EMAIL}</footer>
    </main>
  )
}
