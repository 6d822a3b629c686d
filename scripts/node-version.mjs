// Written so that any Node can read it: it is the file that tells an old one what is wrong.
const oldest = [20, 19]

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return
  process.stderr.write(
    'Anqu needs Node.js ' +
      oldest.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      '.\n' +
      'Anqu 需要 Node.js ' +
      oldest.join('.') +
      ' 或更新版本,当前为 ' +
      process.versions.node +
      '。\n',
  )
  process.exit(1)
}
