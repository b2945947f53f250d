"""Why the system did not let a file be written or read, in words for people."""

import errno

_WORDS = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOTDIR: "路径里有一段不是文件夹",
    errno.EEXIST: "已有同名的文件",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "这里只能读",
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "可用的空间用完了",
    errno.ENAMETOOLONG: "文件名太长",
}


def in_words(error: OSError) -> str:
    """Return why; the number of an error that is not known here, for whoever looks after the machine."""
    return _WORDS.get(error.errno or 0, f"系统错误 {error.errno}")
