import java.io.File;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.BasicOCSPRespBuilder;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.OCSPReqBuilder;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.DigestCalculator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * An independent judge. Reads what Anqu wrote into a folder and prints one line `name=verdict` each; then writes the same
 * kinds of structures of its own for Anqu to read.
 */
public class BouncyCastleJudge {
  static File folder;

  interface Check {
    Object run() throws Exception;
  }

  static void print(String name, Check check) {
    try {
      System.out.println(name + "=" + check.run());
    } catch (Exception error) {
      System.out.println(name + "=" + error.getClass().getSimpleName() + ": " + error.getMessage());
    }
  }

  static byte[] read(String name) throws Exception {
    return Files.readAllBytes(Path.of(folder.getPath(), name));
  }

  static void write(String name, byte[] bytes) throws Exception {
    Files.write(Path.of(folder.getPath(), name), bytes);
  }

  static X509CertificateHolder holder(String name) throws Exception {
    return new X509CertificateHolder(read(name));
  }

  static ContentVerifierProvider by(X509CertificateHolder issuer) throws Exception {
    return new JcaContentVerifierProviderBuilder().setProvider("BC").build(issuer);
  }

  static String status(CertificateStatus status) {
    if (status == CertificateStatus.GOOD) return "good";
    return status instanceof RevokedStatus revoked ? "revoked " + revoked.getRevocationReason() : "unknown";
  }

  static String path(String... names) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
    var in = new java.util.ArrayList<X509Certificate>();
    for (String name : names) {
      in.add((X509Certificate) factory.generateCertificate(new java.io.ByteArrayInputStream(read(name))));
    }
    X509Certificate root = in.remove(in.size() - 1);
    CertPath path = factory.generateCertPath(in);
    PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
    var lists = new java.util.ArrayList<X509CRL>();
    for (String name : new String[] {"root.crl", "sub.crl"}) {
      lists.add((X509CRL) factory.generateCRL(new java.io.ByteArrayInputStream(read(name))));
    }
    parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists), "BC"));
    parameters.setRevocationEnabled(true);
    CertPathValidator.getInstance("PKIX", "BC").validate(path, parameters);
    return "valid";
  }

  static void judge() throws Exception {
    X509CertificateHolder root = holder("root.cer");
    X509CertificateHolder sub = holder("sub.cer");
    X509CertificateHolder leaf = holder("leaf.cer");
    print("root", () -> root.isSignatureValid(by(root)));
    print("sub", () -> sub.isSignatureValid(by(root)));
    print("leaf", () -> leaf.isSignatureValid(by(sub)));
    print("leaf-by-root", () -> leaf.isSignatureValid(by(root)));
    print("leaf-subject", () -> leaf.getSubject());
    print("leaf-usage", () -> KeyUsage.fromExtensions(leaf.getExtensions()).getBytes()[0] & 0xff);
    print("leaf-path", () -> path("leaf.cer", "sub.cer", "root.cer"));
    print("revoked-path", () -> path("revoked.cer", "sub.cer", "root.cer"));
    X509CRLHolder list = new X509CRLHolder(read("sub.crl"));
    print("crl", () -> list.isSignatureValid(by(sub)));
    print("crl-revoked", () -> list.getRevokedCertificate(holder("revoked.cer").getSerialNumber()) != null);
    print("crl-good", () -> list.getRevokedCertificate(leaf.getSerialNumber()) != null);
    PKCS10CertificationRequest csr = new PKCS10CertificationRequest(read("request.csr"));
    print("csr", () -> csr.isSignatureValid(
        new JcaContentVerifierProviderBuilder().setProvider("BC").build(csr.getSubjectPublicKeyInfo())));
    OCSPReq question = new OCSPReq(read("ocsp.req"));
    print("ocsp-question", () -> question.getRequestList()[0].getCertID().getSerialNumber().equals(leaf.getSerialNumber()));
    DigestCalculator sm3 = sm3();
    print("ocsp-issuer", () -> question.getRequestList()[0].getCertID().matchesIssuer(sub, provider()));
    for (String name : new String[] {"good", "revoked"}) {
      OCSPResp response = new OCSPResp(read("ocsp-" + name + ".resp"));
      BasicOCSPResp basic = (BasicOCSPResp) response.getResponseObject();
      SingleResp single = basic.getResponses()[0];
      print("ocsp-" + name, () -> status(single.getCertStatus()));
      print("ocsp-" + name + "-signature", () -> basic.isSignatureValid(by(basic.getCerts()[0])));
      print("ocsp-" + name + "-nonce", () -> basic.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce).getExtnValue()
          .equals(question.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce).getExtnValue()));
    }
  }

  static org.bouncycastle.operator.DigestCalculatorProvider provider() throws Exception {
    return new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
  }

  static DigestCalculator sm3() throws Exception {
    return provider().get(new AlgorithmIdentifier(GMObjectIdentifiers.sm3));
  }

  static ContentSigner signer(KeyPair pair) throws Exception {
    return new JcaContentSignerBuilder("SM3withSM2").setProvider("BC").build(pair.getPrivate());
  }

  static void speak() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "BC");
    generator.initialize(new ECGenParameterSpec("sm2p256v1"));
    KeyPair ca = generator.generateKeyPair();
    KeyPair user = generator.generateKeyPair();
    JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
    Date from = new Date(System.currentTimeMillis() - 3_600_000L);
    Date until = new Date(System.currentTimeMillis() + 86_400_000L);
    X500Name caName = new X500Name("C=CN,O=BouncyCastle,CN=Judge CA");
    X500Name userName = new X500Name("C=CN,O=BouncyCastle,CN=judge.test");
    X509CertificateHolder caCertificate =
        new JcaX509v3CertificateBuilder(caName, BigInteger.valueOf(0x4142434445464748L), from, until, caName, ca.getPublic())
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
            .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign))
            .addExtension(Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(ca.getPublic()))
            .build(signer(ca));
    BigInteger serial = new BigInteger("00f142434445464748", 16);
    X509CertificateHolder userCertificate =
        new JcaX509v3CertificateBuilder(caName, serial, from, until, userName, user.getPublic())
            .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
            .addExtension(Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(user.getPublic()))
            .addExtension(Extension.authorityKeyIdentifier, false, ids.createAuthorityKeyIdentifier(ca.getPublic()))
            .addExtension(Extension.subjectAlternativeName, false,
                new GeneralNames(new GeneralName(GeneralName.dNSName, "judge.test")))
            .build(signer(ca));
    write("judge-ca.cer", caCertificate.getEncoded());
    write("judge-user.cer", userCertificate.getEncoded());
    write("judge.csr", new JcaPKCS10CertificationRequestBuilder(userName, user.getPublic()).build(signer(user)).getEncoded());
    write("judge.crl", new X509v2CRLBuilder(caName, from)
        .setNextUpdate(until)
        .addExtension(Extension.cRLNumber, false, new CRLNumber(BigInteger.TEN))
        .addExtension(Extension.authorityKeyIdentifier, false, ids.createAuthorityKeyIdentifier(ca.getPublic()))
        .addCRLEntry(serial, from, CRLReason.superseded)
        .addCRLEntry(BigInteger.TWO, from, CRLReason.keyCompromise)
        .build(signer(ca)).getEncoded());
    CertificateID id = new CertificateID(sm3(), caCertificate, serial);
    Extension nonce = new Extension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce, false,
        new DEROctetString("judge-nonce-16by".getBytes()).getEncoded());
    write("judge.req", new OCSPReqBuilder().addRequest(id).setRequestExtensions(new Extensions(nonce)).build().getEncoded());
    BasicOCSPResp basic = new BasicOCSPRespBuilder(new RespID(caName))
        .addResponse(id, new RevokedStatus(from, CRLReason.superseded), from, until)
        .setResponseExtensions(new Extensions(nonce))
        .build(signer(ca), new X509CertificateHolder[0], new Date());
    write("judge.resp", new OCSPRespBuilder().build(OCSPRespBuilder.SUCCESSFUL, basic).getEncoded());
  }

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    folder = new File(arguments[0]);
    judge();
    speak();
  }
}
