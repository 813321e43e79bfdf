'use client'

import { useState } from 'react'

export function Links({ files, minutes }: { files: readonly string[]; minutes: number }) {
  const [links, setLinks] = useState<Record<string, string>>({})

  async function link(file: string) {
    const response = await fetch(`/api/link?file=${file}`)
    const { url } = await response.json()
    setLinks((all) => ({ ...all, [file]: url }))
  }

  return files.map((file) => (
    <p key={file}>
      <button type="button" onClick={() => link(file)}>
        {file}
      </button>{' '}
      {links[file] && <a href={links[file]}>good for {minutes} minutes</a>}
    </p>
  ))
}
