// Parses one window of records into the columns of a part.
#pragma once
#include <simdjson.h>

#include "CocoPart.h"
#include "RecordWindows.h"

/// Takes the window's memory. Throws `Problem`, its places being those of the file.
CocoPart *read_records(Window window, simdjson::ondemand::parser &parser);
