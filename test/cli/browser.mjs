// What a browser does with an address of the emulator's whose user says yes: it is started in xdg-open's place.
import { get } from 'node:http'

const address = process.argv[2] ?? ''
const page = await (await fetch(address)).text()
const state = /name="state" value="([^"]+)"/.exec(page)?.[1] ?? ''
const body = new URLSearchParams({ state, user: 'user_dev', decision: 'allow' })
const answer = await fetch(new URL('/login/oauth/authorize', address), { method: 'POST', body, redirect: 'manual' })
get(answer.headers.get('location') ?? '', { headers: { 'sec-fetch-mode': 'navigate' } }, (back) => {
  back.resume()
  if (back.headers.location)
    get(new URL(back.headers.location, answer.headers.get('location') ?? ''), (last) => last.resume())
})
