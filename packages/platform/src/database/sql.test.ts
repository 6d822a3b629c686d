import { describe, expect, it } from 'vitest'
import { sql, Sql } from './sql.ts'

describe('sql', () => {
  it('keeps values out of the text', () => {
    const statement = sql`select ${"'; drop table x"} , ${2}`
    expect(statement.text).toBe('select $1 , $2')
    expect(statement.values).toEqual(["'; drop table x", 2])
  })

  it('numbers the values of nested fragments through the whole statement', () => {
    const inner = sql`b = ${'two'} and c = ${'three'}`
    const statement = sql`select * from t where a = ${'one'} and (${inner}) limit ${4}`
    expect(statement.text).toBe('select * from t where a = $1 and (b = $2 and c = $3) limit $4')
    expect(statement.values).toEqual(['one', 'two', 'three', 4])
  })

  it('joins fragments, and joining none gives an empty fragment', () => {
    const rows = [1, 2, 3].map((n) => sql`(${n}, ${n * 10})`)
    const statement = sql`insert into t values ${sql.join(rows)}`
    expect(statement.text).toBe('insert into t values ($1, $2), ($3, $4), ($5, $6)')
    expect(statement.values).toEqual([1, 10, 2, 20, 3, 30])
    expect(sql`x ${sql.join([])} y`.text).toBe('x  y')
  })

  it('gives one text one name, wherever it is written', () => {
    const make = (n: number): Sql => sql`select ${n}`
    expect(make(1).name).toBe(make(2).name)
    expect(make(1).name).toBe(sql`select ${'other'}`.name)
    expect(make(1).name).not.toBe(sql`select ${1}::int`.name)
    expect(make(1).values).toEqual([1])
    expect(make(2).values).toEqual([2])
  })

  it('refuses undefined instead of writing a null nobody meant', () => {
    const row: { missing?: string } = {}
    expect(() => sql`select ${row.missing as string}`).toThrow('undefined is no SQL value')
  })

  it('takes plain names only as identifiers', () => {
    expect(sql`select * from ${sql.identifier('job_lease')}`.text).toBe('select * from "job_lease"')
    expect(() => sql.identifier('a"; drop table b')).toThrow('not a plain SQL name')
  })
})
