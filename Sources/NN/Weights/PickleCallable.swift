import Torch

/// What a pickle of weights may name. None of it is run: each is understood as a description of data.
enum PickleCallable {
    /// `OrderedDict`, `dict`, `Counter`: with nothing, pairs or a dictionary.
    case dictionary
    /// Its first argument is what makes missing values.
    case defaultDictionary
    case rebuildTensor
    case rebuildParameter
    /// A tensor of another type or with attributes: the function that makes it, and its arguments.
    case rebuildFromType
    case storageType(DType?)
    case arrayReconstruct
    case arrayFromBuffer
    case numpyScalar
    case numpyType
    case encode
    case bytes
    case tuple
    /// Something that is made of data and holds no weights, or belongs to another package than Python's, PyTorch's and numpy's: a
    /// trainer's configuration, say. What it is given is left alone.
    case plainObject(String)
    /// `copyreg._reconstructor`, which makes an object of the type that it is given.
    case reconstructor

    init?(module: String, name: String) {
        // Python 2 and 3, numpy before and after 2.0.
        let module =
            switch module {
            case "__builtin__": "builtins"
            case "copy_reg": "copyreg"
            default: module.hasPrefix("numpy._core") ? "numpy.core" + module.dropFirst("numpy._core".count) : module
            }
        switch "\(module).\(name)" {
        case "collections.OrderedDict", "builtins.dict", "collections.Counter": self = .dictionary
        case "collections.defaultdict": self = .defaultDictionary
        case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor": self = .rebuildTensor
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state": self = .rebuildParameter
        case "torch._tensor._rebuild_from_type_v2": self = .rebuildFromType
        case "numpy.core.multiarray._reconstruct": self = .arrayReconstruct
        case "numpy.core.numeric._frombuffer": self = .arrayFromBuffer
        case "numpy.core.multiarray.scalar": self = .numpyScalar
        case "numpy.dtype": self = .numpyType
        case "_codecs.encode": self = .encode
        case "builtins.bytes", "builtins.bytearray": self = .bytes
        case "builtins.tuple", "builtins.list", "torch.Size": self = .tuple
        case "copyreg._reconstructor": self = .reconstructor
        default:
            if let storage = Self.storages["\(module).\(name)"] {
                self = .storageType(storage)
            } else if Self.plainObjects.contains("\(module).\(name)") || (module == "torch" && Self.torchTypes.contains(name))
                || !Self.isGuarded("\(module).\(name)")
            {
                self = .plainObject("\(module).\(name)")
            } else {
                return nil
            }
        }
    }

    /// Whether an object of this type is none of those that are known.
    static func isOfAnotherPackage(_ type: String) -> Bool {
        !plainObjects.contains(type) && !isGuarded(type)
    }

    /// Losses and optimizers of PyTorch stand in trainers' configurations; all else of it has its place above.
    private static func isGuarded(_ name: String) -> Bool {
        if name.hasPrefix("torch.nn.") || name.hasPrefix("torch.optim.") { return false }
        return guarded.contains(String(name.prefix { $0 != "." }))
    }

    private static let storages: [String: DType?] = {
        let names: [(String, DType?)] = [
            ("Float", .float32), ("Double", .float64), ("Half", .float16), ("BFloat16", .bfloat16), ("Long", .int64),
            ("Int", .int32), ("Short", .int16), ("Char", .int8), ("Byte", .uint8), ("Bool", .bool), ("ComplexFloat", nil),
            ("ComplexDouble", nil), ("QInt8", nil), ("QUInt8", nil), ("QInt32", nil),
        ]
        return Dictionary(
            names.flatMap { name, dtype in ["torch.\(name)Storage", "torch.cuda.\(name)Storage"].map { ($0, dtype) } },
            uniquingKeysWith: { $1 })
    }()

    private static let plainObjects: Set<String> = [
        "argparse.Namespace", "types.SimpleNamespace", "builtins.set", "builtins.frozenset", "builtins.int", "builtins.float",
        "builtins.bool", "builtins.str", "builtins.object", "builtins.long", "builtins.unicode",
        "builtins.range", "builtins.slice", "builtins.complex", "numpy.ndarray", "torch.device", "torch.Tensor",
        "torch.nn.parameter.Parameter", "pathlib.PosixPath", "datetime.datetime", "datetime.timedelta",
    ]

    /// Packages of which nothing but what is named above has a place in weights: with them a pickle reaches Python itself, the
    /// machine or the network. All else is passed over.
    private static let guarded: Set<String> = [
        "builtins", "copyreg", "torch", "numpy", "os", "posix", "nt", "ntpath", "posixpath", "sys", "subprocess",
        "importlib", "imp", "pkgutil", "runpy", "zipimport", "shutil", "tempfile", "glob", "fileinput", "io", "_io", "mmap", "pty",
        "tty", "ctypes", "_ctypes", "cffi", "code", "codeop", "codecs", "_codecs", "pickle", "_pickle", "cPickle", "marshal", "shelve",
        "dill", "cloudpickle", "joblib", "operator", "_operator", "types", "inspect", "ast", "pdb", "bdb", "timeit", "trace",
        "profile", "cProfile", "webbrowser", "asyncio", "multiprocessing", "concurrent", "threading", "_thread", "signal", "platform",
        "socket", "_socket", "socketserver", "ssl", "urllib", "http", "httplib", "ftplib", "smtplib", "telnetlib", "xmlrpc", "requests",
        "aiohttp", "httpx", "paramiko", "fsspec", "commands", "pip", "setuptools", "distutils", "ensurepip", "venv", "pydoc", "doctest",
        "idlelib", "lib2to3", "sqlite3", "gc", "atexit", "test", "unittest", "pytest", "IPython", "",
    ]

    /// `torch.float32` and its like, as values.
    private static let torchTypes: Set<String> = [
        "float32", "float", "float64", "double", "float16", "half", "bfloat16", "int64", "long", "int32", "int", "int16",
        "short", "int8", "uint8", "bool", "complex64", "complex128", "strided", "contiguous_format", "channels_last",
        "preserve_format",
    ]
}
