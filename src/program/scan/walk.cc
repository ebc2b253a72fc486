#include "program/scan/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

namespace jeton::scan {
namespace {

constexpr std::size_t kBatch = 128;   // files of one folder that one thread takes at a time

// A folder to list, or files of one to read.
struct Task {
  std::string folder;
  std::vector<std::string> files;
};

// What is left to do, last in first out: so that the list stays short. It ends when nobody is at work and nothing is left.
class Tasks {
 public:
  void put(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }
  bool take(Task& task) {
    std::unique_lock lock(mutex_);
    --busy_;
    if (busy_ == 0 && tasks_.empty()) changed_.notify_all();
    changed_.wait(lock, [&] { return !tasks_.empty() || busy_ == 0; });
    if (tasks_.empty()) return false;
    task = std::move(tasks_.back());
    tasks_.pop_back();
    ++busy_;
    return true;
  }
  explicit Tasks(unsigned threads) : busy_(threads) {}

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task> tasks_;
  unsigned busy_;
};

std::string joined(const std::string& folder, std::string_view name) {
  if (folder.empty() || folder == ".") return std::string(name);
  return folder + (folder.back() == '/' ? "" : "/") + std::string(name);
}

// O_NONBLOCK: a FIFO that took a file's name in the meantime does not hold us up.
constexpr int kOpen = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::string_view why(int error) {
  switch (error) {
    case EACCES:
    case EPERM: return "permission denied";
    case ENOENT: return "there is no such file";
    case ELOOP: return "a link that leads round in a circle";
    case ENAMETOOLONG: return "its path is too long";
    default: return "it cannot be read";
  }
}

void read_one(Reader& reader, int folder, const char* name, std::string path, int more_flags, Progress& progress) {
  const int fd = ::openat(folder, name, kOpen | more_flags);
  if (fd < 0) return reader.tally.cannot_read(std::move(path), why(errno));
  struct stat about{};
  if (::fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) {
    reader.read_file(fd, {std::move(path), {}});
    progress.files.fetch_add(1, std::memory_order_relaxed);
    progress.bytes.fetch_add(static_cast<std::uint64_t>(about.st_size), std::memory_order_relaxed);
  } else {
    reader.tally.cannot_read(std::move(path), "not a regular file");
  }
  ::close(fd);
}

class Walker {
 public:
  Walker(Tasks& tasks, Reader& reader, Progress& progress) : tasks_(tasks), reader_(reader), progress_(progress) {}
  void work() {
    for (Task task; tasks_.take(task);) {
      if (progress_.stop) continue;
      if (task.files.empty()) list(task.folder);
      else read(task);
    }
  }

 private:
  void list(const std::string& folder) {
    DIR* const open = ::opendir(folder.c_str());
    if (open == nullptr) return reader_.tally.cannot_read(folder, why(errno));
    std::vector<std::string> files;
    while (const dirent* entry = ::readdir(open)) {
      const std::string_view name(entry->d_name);
      if (name == "." || name == "..") continue;
      meet(::dirfd(open), folder, entry, files);
      if (files.size() == kBatch) tasks_.put({folder, std::exchange(files, {})});
    }
    for (const auto& name : files) {
      if (progress_.stop) break;
      read_one(reader_, ::dirfd(open), name.c_str(), joined(folder, name), O_NOFOLLOW, progress_);
    }
    ::closedir(open);
  }

  void meet(int fd, const std::string& folder, const dirent* entry, std::vector<std::string>& files) {
    auto type = entry->d_type;
    if (type == DT_UNKNOWN) {
      struct stat about{};
      if (::fstatat(fd, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return reader_.tally.cannot_read(joined(folder, entry->d_name), why(errno));
      type = static_cast<unsigned char>(IFTODT(about.st_mode));
    }
    if (type == DT_REG) files.emplace_back(entry->d_name);
    else if (type == DT_DIR && std::strcmp(entry->d_name, ".git") != 0) tasks_.put({joined(folder, entry->d_name), {}});
    else if (type == DT_LNK) ++reader_.tally.links;
  }

  void read(const Task& task) {
    const int fd = ::open(task.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return reader_.tally.cannot_read(task.folder, why(errno));
    for (const auto& name : task.files) {
      if (progress_.stop) break;
      read_one(reader_, fd, name.c_str(), joined(task.folder, name), O_NOFOLLOW, progress_);
    }
    ::close(fd);
  }

  Tasks& tasks_;
  Reader& reader_;
  Progress& progress_;
};

}  // namespace

void on_threads(const Literals& literals, const Options& options, Tally& tally, const std::function<void(Reader&)>& work) {
  std::vector<std::unique_ptr<Reader>> readers;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.threads; ++i) {
    readers.push_back(std::make_unique<Reader>(literals, options.brand, options.archives));
    if (i > 0) threads.emplace_back([&work, reader = readers.back().get()] { work(*reader); });
  }
  work(*readers[0]);
  for (auto& t : threads) t.join();
  for (auto& r : readers) tally.add(std::move(r->tally));
}

void walk(const std::vector<std::string>& paths, const Literals& literals, const Options& options, Progress& progress, Tally& tally) {
  Tasks tasks(options.threads);
  Reader named(literals, options.brand, options.archives);
  for (const auto& path : paths) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) tally.cannot_read(path, why(errno));
    else if (S_ISDIR(about.st_mode)) tasks.put({path, {}});
    else read_one(named, AT_FDCWD, path.c_str(), path, 0, progress);
  }
  tally.add(std::move(named.tally));
  on_threads(literals, options, tally, [&](Reader& reader) { Walker(tasks, reader, progress).work(); });
}

void read_files(const std::string& folder, const std::vector<std::string>& files, const Literals& literals, const Options& options,
                Progress& progress, Tally& tally) {
  std::atomic<std::size_t> next{0};
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  on_threads(literals, options, tally, [&](Reader& reader) {
    for (auto i = next++; i < files.size() && !progress.stop; i = next++)
      read_one(reader, fd, files[i].c_str(), joined(folder, files[i]), O_NOFOLLOW, progress);
  });
  ::close(fd);
}

}  // namespace jeton::scan
