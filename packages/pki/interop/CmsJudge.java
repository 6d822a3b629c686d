import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.EncryptedContentInfo;
import org.bouncycastle.asn1.cms.EnvelopedData;
import org.bouncycastle.asn1.cms.IssuerAndSerialNumber;
import org.bouncycastle.asn1.cms.KeyTransRecipientInfo;
import org.bouncycastle.asn1.cms.RecipientIdentifier;
import org.bouncycastle.asn1.cms.RecipientInfo;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.jcajce.provider.asymmetric.util.ECUtil;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.util.BigIntegers;

/** Judges signed and enveloped messages of Anqu, and writes its own for Anqu to read. One line `name=verdict` each. */
public class CmsJudge {
  static final String SM2_ENCRYPT = "1.2.156.10197.1.301.3";
  static final String SM4_CBC = "1.2.156.10197.1.104.2";
  static final String SM4_ECB = "1.2.156.10197.1.104.1";
  static final String GM = "1.2.156.10197.6.1.4.2.";
  static final String PKCS7 = "1.2.840.113549.1.7.";
  static String folder;

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
    return Files.readAllBytes(Path.of(folder, name));
  }

  static void write(String name, byte[] bytes) throws Exception {
    Files.write(Path.of(folder, name), bytes);
  }

  static PrivateKey key(String name) throws Exception {
    return KeyFactory.getInstance("EC", "BC").generatePrivate(new PKCS8EncodedKeySpec(read(name)));
  }

  static X509Certificate certificate(String name) throws Exception {
    return (X509Certificate) CertificateFactory.getInstance("X.509", "BC")
        .generateCertificate(new ByteArrayInputStream(read(name)));
  }

  static String verify(CMSSignedData message, String... certificates) throws Exception {
    int good = 0;
    for (SignerInformation signer : message.getSignerInfos().getSigners()) {
      for (String name : certificates) {
        X509CertificateHolder holder = new X509CertificateHolder(read(name));
        if (signer.getSID().match(holder)
            && signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate(name)))) good++;
      }
    }
    return good + " of " + message.getSignerInfos().size();
  }

  /** SM2Cipher of GM/T 0009 to 04, C1, C3, C2. */
  static byte[] cipherBytes(byte[] der) {
    ASN1Sequence fields = ASN1Sequence.getInstance(der);
    byte[] hash = ASN1OctetString.getInstance(fields.getObjectAt(2)).getOctets();
    byte[] text = ASN1OctetString.getInstance(fields.getObjectAt(3)).getOctets();
    byte[] all = new byte[97 + text.length];
    all[0] = 4;
    for (int part = 0; part < 2; part++) {
      BigInteger value = ASN1Integer.getInstance(fields.getObjectAt(part)).getPositiveValue();
      System.arraycopy(BigIntegers.asUnsignedByteArray(32, value), 0, all, 1 + 32 * part, 32);
    }
    System.arraycopy(hash, 0, all, 65, 32);
    System.arraycopy(text, 0, all, 97, text.length);
    return all;
  }

  static byte[] unwrap(PrivateKey key, byte[] der) throws Exception {
    SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
    engine.init(false, ECUtil.generatePrivateKeyParameter(key));
    byte[] bytes = cipherBytes(der);
    return engine.processBlock(bytes, 0, bytes.length);
  }

  static byte[] wrap(PublicKey key, byte[] secret) throws Exception {
    SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
    engine.init(true, new ParametersWithRandom(ECUtil.generatePublicKeyParameter(key), new SecureRandom()));
    byte[] all = engine.processBlock(secret, 0, secret.length);
    ASN1EncodableVector fields = new ASN1EncodableVector();
    fields.add(new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(all, 1, 33))));
    fields.add(new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(all, 33, 65))));
    fields.add(new DEROctetString(Arrays.copyOfRange(all, 65, 97)));
    fields.add(new DEROctetString(Arrays.copyOfRange(all, 97, all.length)));
    return new DERSequence(fields).getEncoded("DER");
  }

  static byte[] sm4(int mode, byte[] key, byte[] iv, byte[] text) throws Exception {
    Cipher cipher = Cipher.getInstance("SM4/CBC/PKCS7Padding", "BC");
    cipher.init(mode, new SecretKeySpec(key, "SM4"), new IvParameterSpec(iv));
    return cipher.doFinal(text);
  }

  static byte[] decrypt(EncryptedContentInfo info, byte[] contentKey) throws Exception {
    AlgorithmIdentifier algorithm = info.getContentEncryptionAlgorithm();
    if (!algorithm.getAlgorithm().getId().equals(SM4_CBC)) throw new IllegalStateException("not SM4-CBC");
    byte[] iv = ASN1OctetString.getInstance(algorithm.getParameters()).getOctets();
    return sm4(Cipher.DECRYPT_MODE, contentKey, iv, info.getEncryptedContent().getOctets());
  }

  static byte[] contentKey(ASN1Set recipients, String certificateName, PrivateKey key) throws Exception {
    BigInteger serial = certificate(certificateName).getSerialNumber();
    for (var member : recipients) {
      KeyTransRecipientInfo info = (KeyTransRecipientInfo) RecipientInfo.getInstance(member).getInfo();
      IssuerAndSerialNumber id = (IssuerAndSerialNumber) info.getRecipientIdentifier().getId();
      if (!info.getKeyEncryptionAlgorithm().getAlgorithm().getId().equals(SM2_ENCRYPT)) throw new IllegalStateException("not SM2");
      if (id.getSerialNumber().getValue().equals(serial)) return unwrap(key, info.getEncryptedKey().getOctets());
    }
    throw new IllegalStateException("no recipient");
  }

  static String openEnvelope(String name, String certificateName, String keyName) throws Exception {
    EnvelopedData data = EnvelopedData.getInstance(ContentInfo.getInstance(read(name)).getContent());
    byte[] secret = contentKey(data.getRecipientInfos(), certificateName, key(keyName));
    return new String(decrypt(data.getEncryptedContentInfo(), secret), "UTF-8");
  }

  /** BouncyCastle has no class for this structure: taken apart by hand, decrypted, and verified as a signed message. */
  static String openSignedEnvelope(String name, String family) throws Exception {
    ASN1Sequence fields = ASN1Sequence.getInstance(ContentInfo.getInstance(read(name)).getContent());
    byte[] secret = contentKey(ASN1Set.getInstance(fields.getObjectAt(1)), "reader.cer", key("reader.key"));
    byte[] text = decrypt(EncryptedContentInfo.getInstance(fields.getObjectAt(3)), secret);
    ASN1EncodableVector signed = new ASN1EncodableVector();
    signed.add(new ASN1Integer(1));
    signed.add(fields.getObjectAt(2));
    signed.add(new ContentInfo(new ASN1ObjectIdentifier(family + "1"), null));
    for (int at = 4; at < fields.size(); at++) signed.add(fields.getObjectAt(at));
    ContentInfo info = new ContentInfo(new ASN1ObjectIdentifier(family + "2"), SignedData.getInstance(new DERSequence(signed)));
    CMSSignedData message = new CMSSignedData(
        new CMSProcessableByteArray(new ASN1ObjectIdentifier(family + "1"), text), info);
    return new String(text, "UTF-8") + " " + verify(message, "signer.cer", "second.cer");
  }

  /** Signed and enveloped as other implementations of GM/T 0010 write it: NULL parameters, the signature as it is. */
  static void speakSignedEnvelope() throws Exception {
    byte[] secret = new byte[16];
    byte[] iv = new byte[16];
    new SecureRandom().nextBytes(secret);
    new SecureRandom().nextBytes(iv);
    X509CertificateHolder reader = new X509CertificateHolder(read("reader.cer"));
    SignedData signed = SignedData.getInstance(ContentInfo.getInstance(read("judge-detached.p7")).getContent());
    ASN1EncodableVector fields = new ASN1EncodableVector();
    fields.add(new ASN1Integer(1));
    fields.add(new DERSet(new RecipientInfo(new KeyTransRecipientInfo(
        new RecipientIdentifier(new IssuerAndSerialNumber(reader.toASN1Structure())),
        new AlgorithmIdentifier(new ASN1ObjectIdentifier(SM2_ENCRYPT), DERNull.INSTANCE),
        new DEROctetString(wrap(certificate("reader.cer").getPublicKey(), secret))))));
    fields.add(signed.getDigestAlgorithms());
    fields.add(new EncryptedContentInfo(new ASN1ObjectIdentifier(PKCS7 + "1"),
        new AlgorithmIdentifier(new ASN1ObjectIdentifier(SM4_CBC), new DEROctetString(iv)),
        new DEROctetString(sm4(Cipher.ENCRYPT_MODE, secret, iv, read("content")))));
    fields.add(new DERTaggedObject(false, 0, signed.getCertificates()));
    fields.add(signed.getSignerInfos());
    write("judge-signed-envelope.p7", new ContentInfo(new ASN1ObjectIdentifier(PKCS7 + "4"), new DERSequence(fields)).getEncoded("DER"));
  }

  static byte[] plainSm4(int mode, byte[] key, byte[] text, String padding) throws Exception {
    Cipher cipher = Cipher.getInstance("SM4/ECB/" + padding, "BC");
    cipher.init(mode, new SecretKeySpec(key, "SM4"));
    return cipher.doFinal(text);
  }

  /** SM2EnvelopedKey of GM/T 0009, clause 7.4: the mode is ECB. */
  static String openKey() throws Exception {
    ASN1Sequence fields = ASN1Sequence.getInstance(read("enveloped.key"));
    AlgorithmIdentifier algorithm = AlgorithmIdentifier.getInstance(fields.getObjectAt(0));
    if (!algorithm.getAlgorithm().getId().equals(SM4_ECB)) throw new IllegalStateException("not SM4-ECB");
    byte[] secret = unwrap(key("reader.key"), fields.getObjectAt(1).toASN1Primitive().getEncoded("DER"));
    byte[] sealed = ASN1BitString.getInstance(fields.getObjectAt(3)).getOctets();
    return new BigInteger(1, plainSm4(Cipher.DECRYPT_MODE, secret, sealed, "NoPadding")).toString(16);
  }

  static void writeKey(String name, AlgorithmIdentifier algorithm, byte[] secret, byte[] sealed) throws Exception {
    ASN1EncodableVector fields = new ASN1EncodableVector();
    fields.add(algorithm);
    fields.add(ASN1Sequence.getInstance(wrap(certificate("reader.cer").getPublicKey(), secret)));
    fields.add(new DERBitString(read("pair.pub")));
    fields.add(new DERBitString(sealed));
    write(name, new DERSequence(fields).getEncoded("DER"));
  }

  /** One and the same pair in the spellings that are in use. */
  static void speakKeys() throws Exception {
    byte[] secret = new byte[16];
    byte[] iv = new byte[16];
    new SecureRandom().nextBytes(secret);
    new SecureRandom().nextBytes(iv);
    byte[] scalar = read("pair.key");
    ASN1ObjectIdentifier ecb = new ASN1ObjectIdentifier(SM4_ECB);
    writeKey("judge-ecb.key", new AlgorithmIdentifier(ecb, DERNull.INSTANCE), secret,
        plainSm4(Cipher.ENCRYPT_MODE, secret, scalar, "NoPadding"));
    writeKey("judge-sm4.key", new AlgorithmIdentifier(new ASN1ObjectIdentifier("1.2.156.10197.1.104")), secret,
        plainSm4(Cipher.ENCRYPT_MODE, secret, scalar, "NoPadding"));
    writeKey("judge-padded.key", new AlgorithmIdentifier(ecb), secret,
        plainSm4(Cipher.ENCRYPT_MODE, secret, scalar, "PKCS7Padding"));
    writeKey("judge-cbc.key", new AlgorithmIdentifier(new ASN1ObjectIdentifier(SM4_CBC), new DEROctetString(iv)), secret,
        sm4(Cipher.ENCRYPT_MODE, secret, iv, scalar));
  }

  static void judge(String family, String prefix) {
    print(family + "-attached", () -> verify(new CMSSignedData(read(family + "-attached.p7")), "signer.cer", "second.cer"));
    print(family + "-plain", () -> verify(new CMSSignedData(read(family + "-plain.p7")), "signer.cer", "second.cer"));
    print(family + "-detached", () -> verify(
        new CMSSignedData(new CMSProcessableByteArray(new ASN1ObjectIdentifier(prefix + "1"), read("content")),
            read(family + "-detached.p7")), "signer.cer"));
    print(family + "-changed", () -> verify(
        new CMSSignedData(new CMSProcessableByteArray(new ASN1ObjectIdentifier(prefix + "1"), "other".getBytes()),
            read(family + "-detached.p7")), "signer.cer"));
    print(family + "-envelope", () -> openEnvelope(family + "-envelope.p7", "reader.cer", "reader.key"));
    print(family + "-signed-envelope", () -> openSignedEnvelope(family + "-signed-envelope.p7", prefix));
  }

  static void speak() throws Exception {
    CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
    generator.addSignerInfoGenerator(
        new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().setProvider("BC").build())
            .build(new JcaContentSignerBuilder("SM3withSM2").setProvider("BC").build(key("signer.key")), certificate("signer.cer")));
    generator.addCertificates(new JcaCertStore(List.of(certificate("signer.cer"))));
    CMSProcessableByteArray content = new CMSProcessableByteArray(read("content"));
    write("judge-signed.p7", generator.generate(content, true).toASN1Structure().getEncoded("DER"));
    write("judge-detached.p7", generator.generate(content, false).toASN1Structure().getEncoded("DER"));

    byte[] secret = new byte[16];
    byte[] iv = new byte[16];
    new SecureRandom().nextBytes(secret);
    new SecureRandom().nextBytes(iv);
    X509CertificateHolder reader = new X509CertificateHolder(read("reader.cer"));
    RecipientInfo recipient = new RecipientInfo(new KeyTransRecipientInfo(
        new RecipientIdentifier(new IssuerAndSerialNumber(reader.toASN1Structure())),
        new AlgorithmIdentifier(new ASN1ObjectIdentifier(SM2_ENCRYPT)),
        new DEROctetString(wrap(certificate("reader.cer").getPublicKey(), secret))));
    EncryptedContentInfo encrypted = new EncryptedContentInfo(new ASN1ObjectIdentifier(PKCS7 + "1"),
        new AlgorithmIdentifier(new ASN1ObjectIdentifier(SM4_CBC), new DEROctetString(iv)),
        new DEROctetString(sm4(Cipher.ENCRYPT_MODE, secret, iv, read("content"))));
    EnvelopedData data = new EnvelopedData(null, new DERSet(recipient), encrypted, (ASN1Set) null);
    write("judge-envelope.p7", new ContentInfo(new ASN1ObjectIdentifier(PKCS7 + "3"), data).getEncoded("DER"));
  }

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    folder = arguments[0];
    judge("gm", GM);
    judge("pkcs7", PKCS7);
    print("key", () -> openKey());
    speak();
    speakKeys();
    speakSignedEnvelope();
  }
}
