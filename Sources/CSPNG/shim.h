// libspng rather than libpng: it returns its errors, where libpng jumps over its callers, which Swift cannot be called
// through.
#include <spng.h>
