import { base64ToBytes } from '@anqu/encoding'
import { factorsCaptcha } from '@anqu/contract'
import type { PictureSource } from '@anqu/ui'
import { useCallback, useEffect, useState } from 'react'
import { useApp } from '../app/app-context.tsx'
import { useTask } from './use-task.ts'

export const pictureFrom = (picture: {
  pictureId: string
  png: string
  widthPx: number
  heightPx: number
}): PictureSource => ({ ...picture, png: new Uint8Array(base64ToBytes(picture.png)) })

/** The captcha picture and what was read in it. A used one is dead whatever the answer was, so a new one follows. */
export function useCaptcha() {
  const { api } = useApp()
  const { problem, run } = useTask()
  const [picture, setPicture] = useState<PictureSource>()
  const [answer, setAnswer] = useState('')
  const refresh = useCallback(
    () =>
      run(async () => {
        setAnswer('')
        setPicture(pictureFrom(await api.call(factorsCaptcha, {})))
      }),
    [api, run],
  )
  useEffect(() => {
    void Promise.resolve().then(refresh)
  }, [refresh])
  return { picture, answer, setAnswer, refresh, problem }
}
