import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * An independent judge of the card. Reads what the card made from a folder, prints one line `name=verdict` each, and leaves a
 * signature and a ciphertext of its own for the card.
 */
public class CardJudge {
  static final X9ECParameters CURVE = GMNamedCurves.getByName("sm2p256v1");
  static final ECDomainParameters DOMAIN =
      new ECDomainParameters(CURVE.getCurve(), CURVE.getG(), CURVE.getN(), CURVE.getH());
  static final byte[] IDENTITY = "1234567812345678".getBytes();
  static Path folder;

  interface Check {
    Object run() throws Exception;
  }

  static byte[] read(String name) throws Exception {
    return Files.readAllBytes(folder.resolve(name));
  }

  static void say(String name, Check check) {
    try {
      System.out.println(name + "=" + check.run());
    } catch (Exception error) {
      System.out.println(name + "=" + error.getClass().getSimpleName());
    }
  }

  static boolean verifies(byte[] message) throws Exception {
    PublicKey key =
        KeyFactory.getInstance("EC", "BC").generatePublic(new X509EncodedKeySpec(read("card.spki")));
    Signature signature = Signature.getInstance("SM3withSM2", "BC");
    signature.initVerify(key);
    signature.update(message);
    return signature.verify(read("card.signature"));
  }

  static boolean request(String name) throws Exception {
    PKCS10CertificationRequest csr = new PKCS10CertificationRequest(read(name));
    return csr.isSignatureValid(
        new JcaContentVerifierProviderBuilder().setProvider("BC").build(csr.getSubjectPublicKeyInfo()));
  }

  static String subject(String name) throws Exception {
    return new PKCS10CertificationRequest(read(name)).getSubject().toString();
  }

  static String opened() throws Exception {
    SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
    engine.init(false, new ECPrivateKeyParameters(new BigInteger(1, read("judge.key")), DOMAIN));
    byte[] sealed = read("card.ciphertext");
    return new String(engine.processBlock(sealed, 0, sealed.length), "UTF-8");
  }

  static String leaveSignature() throws Exception {
    ECPrivateKeyParameters key = new ECPrivateKeyParameters(new BigInteger(1, read("judge.key")), DOMAIN);
    SM2Signer signer = new SM2Signer();
    signer.init(true, new ParametersWithID(new ParametersWithRandom(key, new SecureRandom()), IDENTITY));
    byte[] message = read("message");
    signer.update(message, 0, message.length);
    Files.write(folder.resolve("judge.signature"), signer.generateSignature());
    return "left";
  }

  static String leaveCiphertext() throws Exception {
    SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
    ECPublicKeyParameters key =
        new ECPublicKeyParameters(CURVE.getCurve().decodePoint(read("card.encryption-point")), DOMAIN);
    engine.init(true, new ParametersWithRandom(key, new SecureRandom()));
    byte[] message = read("message");
    Files.write(folder.resolve("judge.ciphertext"), engine.processBlock(message, 0, message.length));
    return "left";
  }

  public static void main(String[] arguments) {
    System.setOut(new PrintStream(System.out, true, StandardCharsets.UTF_8));
    Security.addProvider(new BouncyCastleProvider());
    folder = Path.of(arguments[0]);
    say("signature", () -> verifies(read("message")));
    say("signature over another message", () -> verifies(read("other-message")));
    say("request", () -> request("card.csr"));
    say("subject", () -> subject("card.csr"));
    say("altered request", () -> request("altered.csr"));
    say("ciphertext", () -> opened());
    say("signature of the judge", () -> leaveSignature());
    say("ciphertext of the judge", () -> leaveCiphertext());
  }
}
