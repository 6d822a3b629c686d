import { BindDevicePage } from '../pages/bind-device/bind-device-page.tsx'
import { CertificatesPage } from '../pages/certificate/certificates-page.tsx'
import { HoldPage } from '../pages/certificate/hold-page.tsx'
import { RenewPage } from '../pages/certificate/renew-page.tsx'
import { ReportPage } from '../pages/certificate/report-page.tsx'
import { HomePage } from '../pages/home/home-page.tsx'
import { ProductPage } from '../pages/insurance/product-page.tsx'
import { ProductsPage } from '../pages/insurance/products-page.tsx'
import { ProposePage } from '../pages/insurance/propose-page.tsx'
import { TermsPage } from '../pages/insurance/terms-page.tsx'
import { LoginPage } from '../pages/login/login-page.tsx'
import { WelcomePage } from '../pages/login/welcome-page.tsx'
import { MePage } from '../pages/me/me-page.tsx'
import { OperationPage } from '../pages/pay/operation-page.tsx'
import { PayPage } from '../pages/pay/pay-page.tsx'
import { PrivacyPage } from '../pages/privacy/privacy-page.tsx'
import { PoliciesPage, PolicyPage } from '../pages/records/policies-page.tsx'
import { MessagesPage, OperationsPage } from '../pages/records/record-pages.tsx'
import { RegisterPage } from '../pages/register/register-page.tsx'
import { DevicesPage } from '../pages/security/devices-page.tsx'
import { HistoryPage } from '../pages/security/history-page.tsx'
import { LimitsPage } from '../pages/security/limits-page.tsx'
import { SecurityCheckPage } from '../pages/security-check/security-check-page.tsx'
import { SecurityPage } from '../pages/security/security-page.tsx'
import { TransactionPasswordPage } from '../pages/security/transaction-password-page.tsx'
import { SettingsPage } from '../pages/settings/settings-page.tsx'
import { WithdrawalPage } from '../pages/settings/withdrawal-page.tsx'
import { EmailPage } from '../pages/warnings/email-page.tsx'
import { WarningsPage } from '../pages/warnings/warnings-page.tsx'
import type { Session } from './app-context.tsx'
import type { Place } from './router.ts'

const Open = ({ place }: { place: Place }) => {
  switch (place.page) {
    case 'privacy':
      return <PrivacyPage firstRun={false} />
    case 'register':
      return <RegisterPage />
    case 'login':
      return <LoginPage />
    case 'products':
      return <ProductsPage />
    case 'product':
      return <ProductPage productId={place.productId} />
    case 'terms':
      return <TermsPage productId={place.productId} />
    case 'settings':
      return <SettingsPage />
    case 'warnings':
      return <WarningsPage />
    case 'security-check':
      return <SecurityCheckPage />
    default:
      return <WelcomePage />
  }
}

/** The page of a place. Places that need a session get it handed in; without one they are never reached. */
export const PageView = ({ place, session }: { place: Place; session: Session | undefined }) => {
  if (!session) return <Open place={place} />
  switch (place.page) {
    case 'welcome':
    case 'login':
    case 'register':
    case 'home':
      return <HomePage session={session} />
    case 'me':
      return <MePage />
    case 'bind-device':
      return <BindDevicePage />
    case 'propose':
      return <ProposePage productId={place.productId} />
    case 'pay':
      return <PayPage proposalId={place.proposalId} session={session} />
    case 'operation':
      return <OperationPage operationId={place.operationId} />
    case 'operations':
      return <OperationsPage />
    case 'policies':
      return <PoliciesPage />
    case 'policy':
      return <PolicyPage policyId={place.policyId} />
    case 'messages':
      return <MessagesPage />
    case 'security':
      return <SecurityPage session={session} />
    case 'devices':
      return <DevicesPage />
    case 'certificates':
      return <CertificatesPage />
    case 'renew-certificate':
      return <RenewPage />
    case 'report-device':
      return <ReportPage deviceId={place.deviceId} />
    case 'hold-device':
      return <HoldPage deviceId={place.deviceId} />
    case 'history':
      return <HistoryPage />
    case 'transaction-password':
      return <TransactionPasswordPage />
    case 'limits':
      return <LimitsPage />
    case 'email':
      return <EmailPage />
    case 'withdrawal':
      return <WithdrawalPage />
    default:
      return <Open place={place} />
  }
}
