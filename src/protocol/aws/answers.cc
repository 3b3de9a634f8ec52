#include "protocol/aws/answers.h"

#include <fmt/format.h>

#include "base/json_writer.h"
#include "protocol/aws/xml_output.h"

namespace polylog::aws {

namespace {

std::string_view content_type(AnswerForm form) {
    switch (form) {
    case AnswerForm::json: return "application/x-amz-json-1.0";
    case AnswerForm::xml: return "text/xml";
    case AnswerForm::query_json: return "application/json";
    }
    return "";
}

http::Response response(int status, AnswerForm form, std::string body,
                        std::string_view request_id) {
    return {.status = status,
            .headers = {{"x-amzn-RequestId", std::string(request_id)},
                        {"Content-Type", std::string(content_type(form))}},
            .body = std::move(body)};
}

std::string xml_body(const FaultForm& form, std::string_view message, Service service,
                     std::string_view request_id) {
    std::string text = fmt::format(
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"{}\"><Error>"
        "<Type>{}</Type><Code>{}</Code><Message>",
        xml_namespace(service), form.sender ? "Sender" : "Receiver", form.code);
    append_xml_text(text, message);
    fmt::format_to(std::back_inserter(text),
                   "</Message><Detail/></Error><RequestId>{}</RequestId></ErrorResponse>",
                   request_id);
    return text;
}

std::string query_json_body(const FaultForm& form, std::string_view message,
                            std::string_view request_id) {
    std::string text;
    base::JsonWriter json(text);
    json.begin_object().key("Error").begin_object();
    json.field("Type", form.sender ? "Sender" : "Receiver");
    json.field("Code", form.code).field("Message", message).end_object();
    json.field("RequestId", request_id).end_object();
    return text;
}

std::string json_body(const FaultForm& form, std::string_view message) {
    std::string text;
    base::JsonWriter json(text);
    json.begin_object().field("__type", form.shape).field("message", message).end_object();
    return text;
}

}  // namespace

std::string_view message_of(const Fault& fault, Service service, AnswerForm form) {
    if (!fault.message.empty()) return fault.message;
    const FaultForm& words = form_of(fault.kind, service);
    return form == AnswerForm::json ? words.message : words.query_message;
}

http::Response done(AnswerForm form, std::string body, std::string_view request_id) {
    return response(200, form, std::move(body), request_id);
}

http::Response refused(const Fault& fault, Service service, AnswerForm form,
                       std::string_view request_id) {
    const FaultForm& words = form_of(fault.kind, service);
    const std::string_view message = message_of(fault, service, form);
    if (form == AnswerForm::json) {
        http::Response answer = response(words.status, form, json_body(words, message), request_id);
        // What the code is called in the Query protocol: clients written for it go by that.
        answer.headers.emplace_back("x-amzn-query-error",
                                    fmt::format("{};{}", words.code,
                                                words.sender ? "Sender" : "Receiver"));
        return answer;
    }
    // No error of a service: no service was found.
    if (fault.kind == FaultKind::unknown_operation) {
        return response(404, AnswerForm::xml, "<UnknownOperationException/>\n", request_id);
    }
    return response(words.status, form,
                    form == AnswerForm::xml ? xml_body(words, message, service, request_id)
                                            : query_json_body(words, message, request_id),
                    request_id);
}

}  // namespace polylog::aws
