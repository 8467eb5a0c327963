// The whole door between Swift and libtorch: one exported symbol that returns a table of functions.
//
// Any function that can fail returns NULL on success and otherwise a message made with malloc, which the caller frees
// with `free_message`. No C++ exception leaves this library.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EDIY_TORCH_ABI 3

// How a message begins that says that a process of the group is gone.
#define EDIY_LOST "process group: "

// How a message begins that says that memory ran out, on the host or on a device.
#define EDIY_NO_MEMORY "not enough memory: "

// The vector instructions that loops of our own are compiled for, each level with those before it.
typedef enum {
    EDIY_VECTORS_DEFAULT, // what every processor of the architecture has
    EDIY_VECTORS_AVX2,    // and FMA
    EDIY_VECTORS_AVX512,  // F, BW, DQ and VL
} EdiyVectorLevel;

// Kernels of our own for operators that libtorch has too.
typedef enum {
    EDIY_KERNEL_PRODUCT,      // rows by a matrix: linear layers and 1x1 convolutions
    EDIY_KERNEL_FILTERED_2X2, // 3x3 convolution by F(2x2, 3x3), in float32
    EDIY_KERNEL_FILTERED_4X4, // 3x3 convolution by F(4x4, 3x3), of bfloat16
    EDIY_KERNEL_BATCH_NORM,   // with sum and ReLU
    EDIY_KERNELS,             // how many there are
} EdiyKernel;

typedef struct EdiyTensor EdiyTensor;       // one owned reference to an at::Tensor
typedef struct EdiyOperator EdiyOperator;   // an operator of the dispatcher, found once, never freed
typedef struct EdiyGenerator EdiyGenerator; // a random generator of a device
typedef struct EdiyGroup EdiyGroup;         // this process among those that work together

typedef enum {
    EDIY_DEFAULT, // the schema's default, or none where it has none and the argument is optional
    EDIY_NONE,
    EDIY_TENSOR,
    EDIY_INT, // integers, and enumerations as torch numbers them: dtype, layout, memory format
    EDIY_DOUBLE,
    EDIY_BOOL,
    EDIY_INTS,
    EDIY_DOUBLES,
    EDIY_BOOLS,
    EDIY_TENSORS, // a null entry is an undefined tensor (None in a list of optional ones)
    EDIY_STRING,  // also devices, "cuda:0"
    EDIY_GENERATOR,
} EdiyTag;

typedef struct {
    EdiyTag tag;
    const char *name; // a keyword argument's name; NULL when it goes by position
    int64_t count;    // of the lists
    union {
        EdiyTensor *tensor;
        int64_t integer;
        double real;
        bool boolean;
        const int64_t *integers;
        const double *reals;
        const bool *booleans;
        EdiyTensor *const *tensors;
        const char *string;
        EdiyGenerator *generator;
    };
} EdiyValue;

// A process's place among those that work together, and where they meet.
typedef struct {
    int32_t rank;
    int32_t size;
    const char *host; // where the process of rank 0 listens
    uint16_t port;
    int64_t meeting_timeout; // milliseconds that the others are waited for at the beginning
    int64_t timeout;         // and in any call after it
} EdiyPlace;

typedef struct {
    int32_t abi;
    const char *version;
    void (*free_message)(char *message);

    // Has the libraries of the process share its cores and its memory well; called once, before anything else.
    // `vector_level` is the most that loops of our own may use, as ATEN_CPU_CAPABILITY spells levels; NULL for the
    // processor's.
    char *(*settle)(const char *vector_level);

    // Operators by name, "aten::conv2d", and overload, "" or "Tensor".
    char *(*find_operator)(const char *name, const char *overload, EdiyOperator **result);
    // Calls through the dispatcher. A list of tensors among the results is written out as its elements; more results
    // than `capacity` is a failure. Tensors written are owned by the caller.
    char *(*call)(const EdiyOperator *op, const EdiyValue *arguments, size_t argument_count, EdiyValue *results,
                  size_t capacity, size_t *result_count);

    // Tensors.
    void (*release)(EdiyTensor *tensor);
    char *(*from_host)(const void *bytes, int32_t dtype, const int64_t *sizes, size_t rank, EdiyTensor **result);
    char *(*to_host)(const EdiyTensor *tensor, void *bytes, size_t byte_count);
    int64_t (*rank)(const EdiyTensor *tensor);
    int64_t (*size)(const EdiyTensor *tensor, int64_t dimension);
    int64_t (*element_count)(const EdiyTensor *tensor);
    int32_t (*dtype)(const EdiyTensor *tensor);
    bool (*is_contiguous)(const EdiyTensor *tensor, int32_t memory_format);
    bool (*shares_storage)(const EdiyTensor *a, const EdiyTensor *b);
    int32_t (*device_type)(const EdiyTensor *tensor);
    int32_t (*device_index)(const EdiyTensor *tensor);

    // Automatic differentiation.
    char *(*backward)(const EdiyTensor *loss);
    EdiyTensor *(*grad)(const EdiyTensor *tensor); // NULL when there is none
    void (*set_grad)(EdiyTensor *tensor, const EdiyTensor *grad);
    bool (*requires_grad)(const EdiyTensor *tensor);
    char *(*set_requires_grad)(EdiyTensor *tensor, bool value);
    bool (*is_grad_enabled)(void);
    void (*set_grad_enabled)(bool enabled);
    bool (*set_autocast)(int32_t device_type, bool enabled, int32_t dtype); // returns what was set before

    // Randomness. The default generators are never used by the suite.
    char *(*make_generator)(const char *device, uint64_t seed, EdiyGenerator **result);
    void (*release_generator)(EdiyGenerator *generator);

    // Processes that work together. All of them make the same calls in the same order, with tensors of the same shapes.
    char *(*make_group)(const EdiyPlace *place, EdiyGroup **result);
    void (*release_group)(EdiyGroup *group);
    // Each tensor becomes `scale` times the sum of all processes' ones.
    char *(*all_reduce)(EdiyGroup *group, EdiyTensor *const *tensors, size_t count, double scale);
    // Every process's tensor, by rank; `results` has room for one a process.
    char *(*all_gather)(EdiyGroup *group, const EdiyTensor *tensor, EdiyTensor **results);
    // Each tensor becomes the root's.
    char *(*broadcast)(EdiyGroup *group, EdiyTensor *const *tensors, size_t count, int32_t root);

    // The machine.
    int32_t (*thread_count)(void);
    void (*set_thread_count)(int32_t count);
    int32_t (*cuda_device_count)(void);
    char *(*set_device)(int32_t device_type, int32_t index); // where this thread's work goes that names no index
    char *(*describe)(void);                                 // build settings, to be freed with free_message

    // Kernels of our own.
    EdiyVectorLevel (*processor_vector_level)(void);
    EdiyVectorLevel (*set_vector_level)(
        EdiyVectorLevel level);                // of this thread's operators; returns what was set before
    int64_t (*kernel_runs)(EdiyKernel kernel); // so far, in operators that this thread called
} EdiyTorch;

// The one exported symbol.
const EdiyTorch *ediy_torch(void);

#ifdef __cplusplus
}
#endif
