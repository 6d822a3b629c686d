import './app/without-eval.ts'
import '@anqu/ui/styles.css'
import './app/console.css'
import './app/certificates.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connectServer } from './api/connect-server.ts'
import { App } from './app/app.tsx'

const root = document.querySelector('#root')
if (!root) throw new Error('the page has no root element')

// The one place of the console that reads the clock of the machine.
const clock = { nowMs: () => Date.now() }
createRoot(root).render(
  <StrictMode>
    <App api={connectServer(clock)} clock={clock} storage={globalThis.localStorage} />
  </StrictMode>,
)
