import { Button, useTexts } from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { settingsTexts } from './settings-texts.ts'

/** One tap to the other language, named in that language. */
export const LanguageButton = () => {
  const { appearance, setAppearance } = useApp()
  const t = useTexts(settingsTexts)
  const other = appearance.language === 'zh' ? 'en' : 'zh'
  return (
    <Button look="quiet" onPress={() => setAppearance({ ...appearance, language: other })}>
      {t('languageSwitch')}
    </Button>
  )
}
