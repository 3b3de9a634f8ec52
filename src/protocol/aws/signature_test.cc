#include "protocol/aws/signature.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/hex.h"
#include "protocol/aws/request_text.h"
#include "protocol/aws/signing_time.h"

namespace polylog::aws {
namespace {

using base::operator""s;
using base::operator""min;

constexpr std::string_view kKeyId = "AKIDEXAMPLE";
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kTime = "20150830T123600Z";
const base::WallTime kNow = *parse_signing_time(kTime);

std::optional<base::Secret> find_secret(std::string_view access_key) {
    if (access_key != kKeyId) return std::nullopt;
    return base::Secret(kSecret);
}

// What we compute for a request that is signed like those of the published suite.
std::string signature_for(std::string_view request_line) {
    http::Request request = request_of(fmt::format("{} HTTP/1.1\r\nX-Amz-Date: {}\r\n",
                                                   request_line, kTime),
                                       "", "example.amazonaws.com");
    const Signature signature{.scope = *CredentialScope::parse(
                                  "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"),
                              .signed_headers = "host;x-amz-date",
                              .timestamp = std::string(kTime)};
    SigningKeys keys;
    return signature_of(string_to_sign(signature, canonical_request(request, signature)),
                        keys.find(signature.scope, base::Secret(kSecret)));
}

// AWS Signature Version 4 test suite: get-vanilla, post-vanilla, get-vanilla-query-order-key-case,
// get-relative-relative, get-slash, get-slash-dot-slash, get-slashes.
TEST(Signature, IsThatOfThePublishedSuite) {
    constexpr std::string_view
        kVanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    EXPECT_EQ(signature_for("GET /"), kVanilla);
    EXPECT_EQ(signature_for("POST /"),
              "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    EXPECT_EQ(signature_for("GET /?Param2=value2&Param1=value1"),
              "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    EXPECT_EQ(signature_for("GET /example1/example2/../.."), kVanilla);
    EXPECT_EQ(signature_for("GET //"), kVanilla);
    EXPECT_EQ(signature_for("GET /./"), kVanilla);
}

// IAM user guide, "Create a signed AWS API request": the example's derived key.
TEST(SigningKeys, AreDerivedAsInThePublishedExample) {
    SigningKeys keys;
    const CredentialScope scope{"AKIDEXAMPLE", "20150830", "us-east-1", "iam"};
    const auto key = [&](std::string_view secret) {
        return base::hex_encode(base::as_bytes(keys.find(scope, base::Secret(secret))));
    };
    EXPECT_EQ(key(kSecret), "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
    EXPECT_NE(key("changed"), key(kSecret));
}

// Signed by botocore for these keys and this time.
http::Request signed_json(std::string_view body =
                              R"({"QueueUrl":"http://localhost:9324/000000000000/q",)"
                              R"("MessageBody":"hi"})") {
    return request_of(
        "POST / HTTP/1.1\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
        "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20150830T123600Z\r\n"
        "Authorization: AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
        "Signature=87392cd9d2f827ef9204fbdea3bac6f3e67e844d948e78bfa1e74106fc97866d\r\n",
        body);
}
http::Request presigned(std::string_view message = "a%20b%2Bc") {
    return request_of(fmt::format(
        "GET /000000000000/q?Action=ReceiveMessage&Message={}&Version=2012-11-05&"
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&"
        "X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fsqs%2Faws4_request&"
        "X-Amz-Date=20150830T123600Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "3e27dee4468ec455f1b34791fa3bd4fd7324c23b062ddee46d92aa25dd8fe75e HTTP/1.1\r\n",
        message));
}

Fault fault_of(const http::Request& request, base::WallTime now = kNow,
               Service service = Service::sqs) {
    SignatureVerifier verifier(find_secret);
    const auto verified = verifier.verify(request, service, now);
    return verified ? Fault(FaultKind::internal_failure, "verified") : verified.error();
}

// A request whose Authorization header is this.
Fault fault_of_header(std::string_view authorization, std::string_view date = kTime) {
    return fault_of(
        request_of(fmt::format("GET / HTTP/1.1\r\nX-Amz-Date: {}\r\nAuthorization: {}\r\n", date,
                               authorization)));
}

TEST(SignatureVerifier, AcceptsRequestsThatClientsSigned) {
    SignatureVerifier verifier(find_secret);
    EXPECT_EQ(verifier.verify(signed_json(), Service::sqs, kNow), std::string(kKeyId));
    EXPECT_EQ(verifier.verify(presigned(), Service::sqs, kNow), std::string(kKeyId));
    EXPECT_EQ(verifier.verify(presigned("a+b%2Bc"), Service::sqs, kNow), std::string(kKeyId));
    const http::Request with_token = request_of(
        "POST / HTTP/1.1\r\nContent-Type:  application/x-www-form-urlencoded;   charset=utf-8\r\n"
        "X-Amz-Date: 20150830T123600Z\r\nX-Amz-Security-Token: TOKEN\r\n"
        "Authorization: AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20150830/us-east-1/sns/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
        "Signature=1e5645280818cb8a6db7f6f0afe36b6958954428971c24acca64023dfb3e792d\r\n",
        "Action=ListTopics&Version=2010-03-31");
    EXPECT_EQ(verifier.verify(with_token, Service::sns, kNow), std::string(kKeyId));
}

TEST(SignatureVerifier, RefusesWhatWasChangedAfterItWasSigned) {
    const Fault refused(FaultKind::signature_does_not_match);
    EXPECT_EQ(fault_of(signed_json(R"({"MessageBody":"other"})")), refused);
    EXPECT_EQ(fault_of(presigned("a%20b")), refused);
    http::Request other_header = signed_json();
    for (auto& [name, value] : other_header.headers) {
        if (name == "X-Amz-Target") value = "AmazonSQS.DeleteQueue";
    }
    EXPECT_EQ(fault_of(other_header), refused);
}

TEST(SignatureVerifier, RefusesUnknownKeysAndOtherServices) {
    EXPECT_EQ(fault_of_header("AWS4-HMAC-SHA256 Credential=NOBODY/20150830/r/sqs/aws4_request, "
                              "SignedHeaders=host, Signature=00"),
              Fault(FaultKind::invalid_client_token_id));
    EXPECT_EQ(fault_of(signed_json(), kNow, Service::sns),
              Fault(FaultKind::signature_does_not_match,
                    "Credential should be scoped to correct service: 'sns'."));
}

TEST(SignatureVerifier, AllowsAQuarterOfAnHourBetweenTheClocks) {
    EXPECT_EQ(fault_of(signed_json(), kNow + 15min).message, "verified");
    EXPECT_EQ(fault_of(signed_json(), kNow - 15min).message, "verified");
    EXPECT_EQ(fault_of(signed_json(), kNow + 15min + 1s),
              Fault(FaultKind::signature_does_not_match,
                    "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
                    "(20150830T125101Z - 15 min.)"));
    EXPECT_EQ(fault_of(signed_json(), kNow - 15min - 1s),
              Fault(FaultKind::signature_does_not_match,
                    "Signature not yet current: 20150830T123600Z is still later than "
                    "20150830T123559Z (20150830T122059Z + 15 min.)"));
}

TEST(SignatureVerifier, HoldsPresignedRequestsToTheirOwnTime) {
    EXPECT_EQ(fault_of(presigned(), kNow + 300s).message, "verified");
    EXPECT_EQ(fault_of(presigned(), kNow + 301s).kind, FaultKind::signature_does_not_match);
}

TEST(SignatureVerifier, SaysWhatASignatureLacks) {
    EXPECT_EQ(fault_of(request_of("GET / HTTP/1.1\r\n")).kind,
              FaultKind::missing_authentication_token);
    EXPECT_EQ(fault_of_header("Basic dXNlcg==").kind, FaultKind::incomplete_signature);
    EXPECT_EQ(fault_of_header("AWS4-HMAC-SHA256"),
              Fault(FaultKind::incomplete_signature,
                    "Authorization header requires 'Credential' parameter. Authorization header "
                    "requires 'Signature' parameter. Authorization header requires "
                    "'SignedHeaders' parameter."));
    EXPECT_EQ(fault_of_header("AWS4-HMAC-SHA256 Credential"),
              Fault(FaultKind::incomplete_signature,
                    "'Credential' not a valid key=value pair (missing equal-sign) in Authorization "
                    "header: 'AWS4-HMAC-SHA256 Credential'."));
    EXPECT_EQ(fault_of_header("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0"),
              Fault(FaultKind::incomplete_signature,
                    "Credential must have exactly 5 slash-delimited elements, e.g. "
                    "keyid/date/region/service/aws4_request, got 'a/b'"));
    EXPECT_EQ(fault_of_header("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150831/r/sqs/aws4_request,"
                              "SignedHeaders=host,Signature=0")
                  .message,
              "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
              "HTTP: '20150831' != '20150830', from '20150830T123600Z'.");
    EXPECT_EQ(fault_of_header("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/r/sqs/aws4_request,"
                              "SignedHeaders=x-amz-date,Signature=0")
                  .message,
              "'host' must be a 'SignedHeader' in the AWS Authorization.");
    EXPECT_EQ(fault_of_header("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/r/sqs/aws4_request,"
                              "SignedHeaders=host,Signature=0",
                              "yesterday")
                  .kind,
              FaultKind::incomplete_signature);
}

TEST(CredentialScope, IsReadFromTheHeaderOrTheQuery) {
    EXPECT_EQ(scope_of(signed_json())->service, "sqs");
    EXPECT_EQ(scope_of(presigned())->to_string(), "20150830/us-east-1/sqs/aws4_request");
    EXPECT_EQ(scope_of(request_of("GET / HTTP/1.1\r\n")), std::nullopt);
    EXPECT_EQ(CredentialScope::parse("a/b/c/d/aws5_request"), std::nullopt);
    EXPECT_EQ(CredentialScope::parse("a//c/d/aws4_request"), std::nullopt);
    EXPECT_EQ(CredentialScope::parse("a/b/c/d/e/aws4_request"), std::nullopt);
}

// One of the two is verified; the other must not say which service is meant.
TEST(CredentialScope, IsThatOfTheSignatureWhenARequestHasTwo) {
    const http::Request request = request_of(
        "GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&"
        "X-Amz-Credential=query/20150830/r/sqs/aws4_request&X-Amz-Date=20150830T123600Z&"
        "X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature=0 HTTP/1.1\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=header/20150830/r/sns/aws4_request, "
        "SignedHeaders=host, Signature=0\r\n");
    EXPECT_EQ(parse_signature(request)->scope.access_key, "query");
    EXPECT_EQ(scope_of(request)->access_key, "query");
}

TEST(SignatureVerifier, RefusesPresignedRequestsOfOtherAlgorithms) {
    EXPECT_EQ(fault_of(request_of("GET /?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&"
                                  "X-Amz-Signature=0 HTTP/1.1\r\n")),
              Fault(FaultKind::incomplete_signature, "X-Amz-Algorithm must be AWS4-HMAC-SHA256."));
}

TEST(SigningTime, IsReadInBothForms) {
    EXPECT_EQ(parse_signing_time("Sun, 30 Aug 2015 12:36:00 GMT"), kNow);
    EXPECT_EQ(format_signing_time(kNow), kTime);
    for (const std::string_view text :
         {"", "20150230T123600Z", "20150830T243600Z", "20150830T126000Z", "20150830T123600",
          "2015083OT123600Z", "00010101T000000Z", "99991231T000000Z",
          "Sun, 30 Foo 2015 12:36:00 GMT", "Sun, 30 Aug 2015 12:36:00 UTC"}) {
        EXPECT_EQ(parse_signing_time(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace polylog::aws
