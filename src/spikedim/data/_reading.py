"""One place where the errors of files and decoders become `InputError`."""

import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from spikedim._core import InputError
from spikedim.data._source import refuse

__all__ = ["BROKEN_FILE", "reading"]

BROKEN_FILE = (
    EOFError,
    RecursionError,  # a tar archive of headers upon headers
    gzip.BadGzipFile,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


@contextmanager
def reading(what: object) -> Iterator[None]:
    """Turn a missing, forbidden, corrupt, truncated or non-UTF-8 file into `InputError`."""
    what = repr(what) if isinstance(what, str) else what
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise refuse("name an existing file", what, f"Missing: {error.filename}.") from error
    except PermissionError as error:
        raise refuse(
            "be readable", what, "Permission denied: fix the permissions of the file or folder."
        ) from error
    except UnicodeDecodeError as error:
        raise refuse(
            "hold UTF-8 text", what, f"Byte {error.start} is not UTF-8; convert it with iconv."
        ) from error
    except BROKEN_FILE as error:
        raise refuse(
            "be a whole, uncorrupted file",
            what,
            f"Reading stopped: {error or type(error).__name__}. Copy or download it again.",
        ) from error
    except NotImplementedError as error:
        raise refuse(
            "be in a variant of its format that the library can read",
            what,
            f"It said: {error}. Write it again in the common form.",
        ) from error
    except OSError as error:
        raise refuse("be readable", what, f"The system said: {error.strerror or error}.") from error
