// The same from a CommonJS file: the package is an ES module, which import() loads: node node-commonjs.cjs
async function main() {
  const { initGmCrypto, sm2Decrypt, sm2Encrypt, Sm2PrivateKey, sm3 } = await import('@anqu/gm-crypto')
  const engine = await initGmCrypto()
  const key = Sm2PrivateKey.generate()
  const secret = new TextEncoder().encode('session key')
  const ciphertext = sm2Encrypt(key.publicKey, secret, { format: 'der' })
  const opened = sm2Decrypt(key, ciphertext, { format: 'der' })
  if (Buffer.compare(Buffer.from(opened), Buffer.from(secret)) !== 0) throw new Error('the text has changed')
  console.log(
    `encrypted on the ${engine} engine; SM3 ${Buffer.from(sm3(secret)).toString('hex').slice(0, 16)}…`,
  )
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
