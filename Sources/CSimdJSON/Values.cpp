#include "Values.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>

namespace od = simdjson::ondemand;

namespace {

/// Every hash lies below it, and no number that anybody counts with.
constexpr int64_t lowest_number = -(int64_t(1) << 62);

/// FNV-1a. Source: http://www.isthe.com/chongo/tech/comp/fnv, the 64-bit constants.
int64_t hashed(std::string_view text) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
    return lowest_number - 1 - static_cast<int64_t>(hash & ((uint64_t(1) << 62) - 1));
}

std::string_view trimmed(std::string_view token) {
    const size_t end = token.find_last_not_of(" \t\r\n");
    return token.substr(0, end + 1);
}

/// The number that a text is as a whole, in the one way that JSON writes it; false where it is none, or too large.
bool is_whole(std::string_view text, int64_t &out) {
    const bool negative = !text.empty() && text.front() == '-';
    const std::string_view digits = text.substr(negative);
    if (digits.empty() || digits.size() > 19 || digits.find_first_not_of("0123456789") != digits.npos) return false;
    if (digits.front() == '0' && text.size() > 1) return false;
    errno = 0;
    out = std::strtoll(std::string(text).c_str(), nullptr, 10);
    return errno == 0;
}

/// False too for what begins no value: NaN.
bool is_type(Value value, od::json_type wanted) {
    od::json_type type;
    return !value.type().get(type) && type == wanted;
}

/// A real number in quotes.
bool is_real(std::string_view text, double &out) {
    if (text.empty() || text.size() > 64 || std::string_view("-.0123456789").find(text.front()) == text.npos)
        return false;
    const std::string copy(text);
    char *end;
    out = std::strtod(copy.c_str(), &end);
    return end == copy.c_str() + copy.size() && copy.find_first_of("xXpP") == copy.npos;
}

/// Of a number or a number in quotes.
bool get_real(Value value, double &out) {
    if (!value.get_double().get(out)) return std::isfinite(out);
    std::string_view text;
    return is_string(value) && !value.get_string().get(text) && is_real(text, out) && std::isfinite(out);
}

/// A double without a fraction that stands for one whole number alone.
bool is_exact(double value) { return std::fabs(value) <= 0x1p53 && value == std::floor(value); }

} // namespace

void wrong(const char *key, const char *expected) { throw Wrong{std::string(key) + " must be " + expected}; }

bool is_null(Value value) { return is_type(value, od::json_type::null); }

bool is_string(Value value) { return is_type(value, od::json_type::string); }

int64_t whole(Value value, const char *key) {
    int64_t out;
    if (!value.get_int64().get(out)) return out;
    double number;
    if (!get_real(value, number) || !is_exact(number)) wrong(key, "a whole number of at most 64 bits");
    return static_cast<int64_t>(number);
}

double real(Value value, const char *key) {
    double out;
    if (!get_real(value, out)) wrong(key, "a finite number");
    return out;
}

bool flag(Value value, const char *key) {
    bool out;
    if (is_null(value)) return false;
    return value.get_bool().get(out) ? whole(value, key) != 0 : out;
}

std::string_view text(Value value, const char *key) {
    if (is_null(value)) return {};
    std::string_view out;
    if (value.get_string().get(out)) wrong(key, "a string");
    return out;
}

od::array list(Value value, const char *key) {
    od::array out;
    if (value.get_array().get(out)) wrong(key, "a list");
    return out;
}

int64_t identifier(Value value, const char *key, std::string &as_text) {
    int64_t number;
    if (!value.get_int64().get(number)) return number;
    std::string_view text;
    if (is_string(value)) {
        if (value.get_string().get(text)) wrong(key, "a number or a string");
    } else if (is_type(value, od::json_type::number)) {
        text = trimmed(value.raw_json_token());
        double real;
        const bool has_fraction = text.find_first_of(".eE") != text.npos;
        if (has_fraction && (value.get_double().get(real) || !is_exact(real))) wrong(key, "a whole number or a string");
        if (has_fraction) return static_cast<int64_t>(real);
    } else {
        wrong(key, "a number or a string");
    }
    if (is_whole(text, number)) return number;
    as_text = text;
    return hashed(text);
}
