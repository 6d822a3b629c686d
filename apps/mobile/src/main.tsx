import './app/without-eval.ts'
import '@anqu/ui/styles.css'
import './app/app.css'
import './app/pages.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connectChannel } from './api/connect-channel.ts'
import { App } from './app/app.tsx'

const root = document.querySelector('#root')
if (!root) throw new Error('the page has no root element')

// The one place of the app that reads the clock of the device and the storage of the browser.
const clock = { nowMs: () => Date.now() }
const storage = globalThis.localStorage
createRoot(root).render(
  <StrictMode>
    <App api={connectChannel(clock, storage)} clock={clock} storage={storage} />
  </StrictMode>,
)
