/** True for a PIN anybody would try first: one digit repeated, two digits alternating, or a run up or down. */
export function isSimplePin(pin: Uint8Array): boolean {
  const steps = new Set<number>()
  for (let index = 1; index < pin.length; index += 1) steps.add((pin[index] ?? 0) - (pin[index - 1] ?? 0))
  const [step] = steps
  if (steps.size === 1 && step !== undefined && Math.abs(step) <= 1) return true
  return pin.every((digit, index) => digit === pin[index % 2])
}

/** Compares without telling by its duration where the first difference is. */
export function samePin(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (const [index, digit] of a.entries()) difference |= digit ^ (b[index] ?? 0)
  return difference === 0
}
