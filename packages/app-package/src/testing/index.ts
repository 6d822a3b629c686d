export { testFiles, testPublisher, testTimeMs, type TestPublisher } from './test-publisher.ts'
