import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.jcajce.PKIXExtendedParameters;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Validates paths with revocation lists, delta lists among them. Reads the file `cases` of its folder: one line each with name,
 * time in milliseconds, files of the path from end entity to anchor, other certificates, lists; the fields are separated by tabs,
 * files by commas; a last field holds answers of an OCSP responder about the end entity in place of lists. Prints `name=valid` or `name=` and what is wrong.
 */
public class RevocationJudge {
  static String folder;
  static CertificateFactory factory;

  static ByteArrayInputStream read(String name) throws Exception {
    return new ByteArrayInputStream(Files.readAllBytes(Path.of(folder, name)));
  }

  static String[] split(String field) {
    return field.isEmpty() ? new String[0] : field.split(",");
  }

  static String verdict(String[] fields) {
    try {
      List<X509Certificate> path = new ArrayList<>();
      for (String name : split(fields[2])) path.add((X509Certificate) factory.generateCertificate(read(name)));
      List<Object> store = new ArrayList<>(path);
      for (String name : split(fields[3])) store.add(factory.generateCertificate(read(name)));
      for (String name : split(fields[4])) store.add(factory.generateCRL(read(name)));
      X509Certificate anchor = path.remove(path.size() - 1);
      PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
      parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(store), "BC"));
      parameters.setRevocationEnabled(true);
      parameters.setDate(new Date(Long.parseLong(fields[1])));
      CertPathValidator validator = CertPathValidator.getInstance("PKIX", "BC");
      if (fields.length > 5) {
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOcspResponses(Map.of(path.get(0), read(fields[5]).readAllBytes()));
        checker.setOptions(Set.of(PKIXRevocationChecker.Option.ONLY_END_ENTITY, PKIXRevocationChecker.Option.NO_FALLBACK));
        parameters.addCertPathChecker(checker);
        parameters.setRevocationEnabled(false);
        validator.validate(factory.generateCertPath(path), parameters);
        return "valid";
      }
      PKIXExtendedParameters extended = new PKIXExtendedParameters.Builder(parameters).setUseDeltasEnabled(true).build();
      validator.validate(factory.generateCertPath(path), extended);
      return "valid";
    } catch (Exception error) {
      StringBuilder causes = new StringBuilder();
      for (Throwable cause = error; cause != null; cause = cause.getCause()) causes.append(cause.getMessage()).append("; ");
      return causes.toString().replace('\n', ' ');
    }
  }

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    folder = arguments[0];
    factory = CertificateFactory.getInstance("X.509", "BC");
    for (String line : Files.readAllLines(Path.of(folder, "cases"))) {
      String[] fields = line.split("\t", -1);
      System.out.println(fields[0] + "=" + verdict(fields));
    }
  }
}
