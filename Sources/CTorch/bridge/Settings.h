#pragma once

namespace ediy {

/// Has the libraries of the process share its cores and its memory well. What the environment asks for goes first.
///
/// - vector_level: the most that loops of our own may use, "default", "avx2" or "avx512"; nullptr for the processor's.
///
/// Throws where there is no such level, or the processor does not have it.
void settle(const char *vector_level);

} // namespace ediy
