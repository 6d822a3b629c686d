/** Version this build reports; the server decides what it may still do (B-7.5.1.4-3). */
export const clientVersion = '0.1.0'
