// Found by search on 21 November 2026: on these the WebAssembly engine's doublings let numbers grow until a column passed
// 2⁶³ (see docs/explanation/sm2-engine.md, "Bounds"). Judged valid by the BigInt reference.

/** Valid signatures that were refused without a table of the key. */
export const grownSums = [
  {
    d: '002c7b45c93bf45d251f4bedce6efef8d90608ec6aeb01257f2322c4ad5cc024',
    digest: 'cca943b42d918c59426a4714de040fee3189e151f3e2f52e53d03cc5dcff25bf',
    signature:
      '478b368fd724f9932da612cd243a1fdd051339ba1e4e51ecbb6e330bede7992328b6d93f21b9857c68cbddba8b0aa3f22cc4fbac3019aaf4c0ef8db38a658036',
  },
  {
    d: '1ac25a0a7278d8aa7f14a2606a67e5523955f9eb2df699f22cc6ea8f6b32550b',
    digest: '96f25ec65a1dae84fbcd2932999728122fa57779c461df10a58e29852424e50d',
    signature:
      '44f501ca6a13558e09e73abe92b3e99cabf288405a8ec8bd9c202863b0dd88dceb82c4f867a1e046acfc3c38ee327983b6f6e0c3a107831db52fc6a8b3fb7a25',
  },
  {
    d: '5f4f1d979715ecbfc23f5cd7cbd0480177cf60bdc58c543ef59f7da35d030c50',
    digest: '82671c443388a244c82da3dc9049ccd6fb1c8cfc8a5452d43a31af18cc31730b',
    signature:
      '69f3a7ea5d0edf3ef8d397cf015f3ff0c62eab9e6b66bc06590ce3d77c8cb2ae21a05ce933199de92e50139d806934b7d0abd7b226ae7b99a512a4145a449254',
  },
]

/** Keys whose tables came out wrong, so that every signature of theirs was refused. */
export const grownTables = [
  '3f88d6243b8759eb0a54c987bc26e8b5f8b83298c40d4c43faf3f73cdc8a2c0f',
  '7e5331aacda0e53b3febde54a2b5377fba227659aa59ca064878f48951f0dd21',
  '7478f1ddea63cd030f3050641cf76352804c26f699ada27af0e585f38074345e',
]
