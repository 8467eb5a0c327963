// Single values of a record as people's tools write them: 7, 7.0, "7", true.
#pragma once
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

/// What is wrong with a value, as opposed to the syntax.
struct Wrong {
    std::string what;
};

[[noreturn]] void wrong(const char *key, const char *expected);

using Value = simdjson::ondemand::value;

bool is_null(Value value);
bool is_string(Value value);

/// A whole number, or a real one without a fraction.
int64_t whole(Value value, const char *key);

/// A finite number.
double real(Value value, const char *key);

/// False for 0, false and null.
bool flag(Value value, const char *key);

/// Empty for null.
std::string_view text(Value value, const char *key);

/// The value's elements.
simdjson::ondemand::array list(Value value, const char *key);

/// An id: the number that it is, or a hash of its text, which is then put into `as_text`. A text that is a number as
/// JSON writes one is that number.
int64_t identifier(Value value, const char *key, std::string &as_text);
